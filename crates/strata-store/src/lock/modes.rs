//! Lock modes and which of them exclude each other: PostgreSQL's two tables.

/// The strength of a row lock. A stronger mode includes the weaker ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LockMode {
    /// `FOR KEY SHARE`, foreign keys: the row's key must stay.
    KeyShare = 0,
    /// `FOR SHARE`: the row must stay as it is.
    Share = 1,
    /// `FOR NO KEY UPDATE`, and updates that leave the key alone.
    NoKeyUpdate = 2,
    /// `FOR UPDATE`, deletes, and updates of the key.
    Update = 3,
}

/// The eight modes of table locks; advisory locks use two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ObjectMode {
    /// `SELECT`.
    AccessShare = 0,
    /// `SELECT … FOR UPDATE` and its kin.
    RowShare = 1,
    /// `INSERT`, `UPDATE`, `DELETE`.
    RowExclusive = 2,
    /// `VACUUM`, `ANALYZE`, some `ALTER TABLE`.
    ShareUpdateExclusive = 3,
    /// `CREATE INDEX`; a shared advisory lock.
    Share = 4,
    /// `CREATE TRIGGER`.
    ShareRowExclusive = 5,
    /// `REFRESH MATERIALIZED VIEW CONCURRENTLY`; an exclusive advisory lock.
    Exclusive = 6,
    /// `DROP`, `TRUNCATE`, most `ALTER TABLE`.
    AccessExclusive = 7,
}

/// A mode of either kind, as the table sees it: a bit, and the bits that it excludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mode {
    pub(super) bit: u8,
    pub(super) excludes: u8,
}

/// Bit *m* of row *n* says that modes *n* and *m* exclude each other.
const ROW: [u8; 4] = [
    0b1000, // KeyShare: Update
    0b1100, // Share: NoKeyUpdate, Update
    0b1110, // NoKeyUpdate: Share, NoKeyUpdate, Update
    0b1111, // Update: all
];

const OBJECT: [u8; 8] = [
    0b1000_0000, // AccessShare: AccessExclusive
    0b1100_0000, // RowShare: Exclusive and above
    0b1111_0000, // RowExclusive: Share and above
    0b1111_1000, // ShareUpdateExclusive: itself and above
    0b1110_1100, // Share: RowExclusive, ShareUpdateExclusive, ShareRowExclusive and above
    0b1111_1100, // ShareRowExclusive: RowExclusive and above
    0b1111_1110, // Exclusive: RowShare and above
    0b1111_1111, // AccessExclusive: all
];

const _: () = {
    let mut n = 0;
    while n < 8 {
        let mut m = 0;
        while m < 8 {
            assert!(OBJECT[n] >> m & 1 == OBJECT[m] >> n & 1, "exclusion is mutual");
            assert!(n >= 4 || m >= 4 || ROW[n] >> m & 1 == ROW[m] >> n & 1, "exclusion is mutual");
            m += 1;
        }
        n += 1;
    }
};

impl Mode {
    /// Its place among the modes of its kind.
    pub(super) fn index(self) -> usize {
        self.bit.trailing_zeros() as usize
    }
}

impl LockMode {
    /// From the weakest to the strongest.
    pub(crate) const ALL: [LockMode; 4] =
        [LockMode::KeyShare, LockMode::Share, LockMode::NoKeyUpdate, LockMode::Update];
}

impl ObjectMode {
    /// From the weakest to the strongest.
    pub const ALL: [ObjectMode; 8] = [
        ObjectMode::AccessShare,
        ObjectMode::RowShare,
        ObjectMode::RowExclusive,
        ObjectMode::ShareUpdateExclusive,
        ObjectMode::Share,
        ObjectMode::ShareRowExclusive,
        ObjectMode::Exclusive,
        ObjectMode::AccessExclusive,
    ];
}

/// The modes in which a transaction holds something, and the modes that it keeps others from having.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(super) modes: u8,
    pub(super) excludes: u8,
}

impl Held {
    /// Nothing is held.
    pub(super) fn is_none(self) -> bool {
        self.modes == 0
    }

    /// With one mode more.
    pub(super) fn with(self, mode: Mode) -> Held {
        Held { modes: self.modes | mode.bit, excludes: self.excludes | mode.excludes }
    }

    /// Whether `mode` would exclude nobody who is not excluded already.
    pub(super) fn covers(self, mode: Mode) -> bool {
        mode.excludes & !self.excludes == 0
    }
}

impl From<LockMode> for Mode {
    fn from(mode: LockMode) -> Self {
        Mode { bit: 1 << mode as u8, excludes: ROW[mode as usize] }
    }
}

impl From<ObjectMode> for Mode {
    fn from(mode: ObjectMode) -> Self {
        Mode { bit: 1 << mode as u8, excludes: OBJECT[mode as usize] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_modes_exclude_as_in_the_postgres_manual() {
        use LockMode::{KeyShare, NoKeyUpdate, Share, Update};
        let excluded = |a: LockMode, b: LockMode| Mode::from(a).excludes & Mode::from(b).bit != 0;
        for (a, b, expected) in [
            (KeyShare, KeyShare, false),
            (KeyShare, Share, false),
            (KeyShare, NoKeyUpdate, false),
            (KeyShare, Update, true),
            (Share, Share, false),
            (Share, NoKeyUpdate, true),
            (NoKeyUpdate, NoKeyUpdate, true),
            (Update, Update, true),
        ] {
            assert_eq!(excluded(a, b), expected, "{a:?} {b:?}");
        }
    }
}
