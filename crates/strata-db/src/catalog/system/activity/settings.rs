//! The session's settings: `pg_settings`.

use crate::catalog::system::SystemSource;
use crate::catalog::system::notation::relations;
use crate::functions::reports::SettingReport;

relations! {
    pg_catalog;
    12104 view "pg_settings"
        = |source: &SystemSource<'_>| source.env.settings(), |source, of: SettingReport| {
        "name" TEXT = of.name;
        "setting" TEXT = &of.value;
        "unit" TEXT = of.unit;
        "category" TEXT = "Client Connection Defaults / Statement Behavior";
        "short_desc" TEXT = of.doc;
        "extra_desc" TEXT;
        "context" TEXT = of.context;
        "vartype" TEXT = of.kind;
        "source" TEXT = if of.value == of.default { "default" } else { "session" };
        "min_val" TEXT = of.range.as_ref().map(|range| range.0.as_str());
        "max_val" TEXT = of.range.as_ref().map(|range| range.1.as_str());
        "enumvals" TEXT_ARRAY =
            of.words.map(|words| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>());
        "boot_val" TEXT = &of.default;
        "reset_val" TEXT = &of.reset;
        "sourcefile" TEXT;
        "sourceline" INT4;
        "pending_restart" BOOL = false;
    }
}
