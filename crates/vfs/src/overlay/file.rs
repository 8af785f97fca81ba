//! A file whose changes are kept in memory, page by page.

use crate::File;
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// Bytes that are copied when one of them is written.
const PAGE_LEN: u64 = 4096;

/// What lies over a file, or a file that is in memory only.
#[derive(Default)]
pub(super) struct OverlaidFile {
    base: Option<Arc<dyn File>>,
    changes: RwLock<Changes>,
}

#[derive(Default)]
struct Changes {
    pages: BTreeMap<u64, Box<[u8]>>,
    len: u64,
    /// The base shows through below this: it may have been cut.
    base_len: u64,
}

impl OverlaidFile {
    pub(super) fn over(base: Arc<dyn File>) -> io::Result<Self> {
        let len = base.len()?;
        let changes = RwLock::new(Changes { pages: BTreeMap::new(), len, base_len: len });
        Ok(OverlaidFile { base: Some(base), changes })
    }

    fn read_page(&self, changes: &Changes, number: u64, into: &mut [u8]) -> io::Result<()> {
        into.fill(0);
        if let Some(page) = changes.pages.get(&number) {
            into.copy_from_slice(page);
            return Ok(());
        }
        let start = number * PAGE_LEN;
        let shown = changes.base_len.saturating_sub(start).min(PAGE_LEN) as usize;
        match (&self.base, into.get_mut(..shown)) {
            (Some(base), Some(shown)) if !shown.is_empty() => base.read_exact_at(shown, start),
            _ => Ok(()),
        }
    }
}

impl File for OverlaidFile {
    fn read_exact_at(&self, into: &mut [u8], offset: u64) -> io::Result<()> {
        match self.read_at(into, offset)? == into.len() {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let changes = self.changes.read();
        let end = changes.len.min(offset.saturating_add(into.len() as u64));
        let mut page = [0; PAGE_LEN as usize];
        let mut at = offset;
        while at < end {
            let within = at % PAGE_LEN;
            let count = (PAGE_LEN - within).min(end - at);
            self.read_page(&changes, at / PAGE_LEN, &mut page)?;
            let (to, from) = ((at - offset) as usize, within as usize);
            let count = count as usize;
            if let (Some(to), Some(from)) = (into.get_mut(to..to + count), page.get(from..from + count)) {
                to.copy_from_slice(from);
            }
            at += count as u64;
        }
        Ok(end.saturating_sub(offset) as usize)
    }

    fn write_all_at(&self, from: &[u8], offset: u64) -> io::Result<()> {
        let changes = &mut *self.changes.write();
        let end = offset + from.len() as u64;
        let mut at = offset;
        while at < end {
            let (number, within) = (at / PAGE_LEN, (at % PAGE_LEN) as usize);
            let count = (PAGE_LEN as usize - within).min((end - at) as usize);
            let mut page = vec![0; PAGE_LEN as usize].into_boxed_slice();
            self.read_page(changes, number, &mut page)?;
            let start = (at - offset) as usize;
            if let (Some(to), Some(from)) =
                (page.get_mut(within..within + count), from.get(start..start + count))
            {
                to.copy_from_slice(from);
            }
            changes.pages.insert(number, page);
            at += count as u64;
        }
        changes.len = changes.len.max(end);
        Ok(())
    }

    fn write_all_vectored_at(&self, parts: &[&[u8]], offset: u64) -> io::Result<()> {
        let mut at = offset;
        for part in parts {
            self.write_all_at(part, at)?;
            at += part.len() as u64;
        }
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.changes.read().len)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let changes = &mut *self.changes.write();
        if len < changes.len {
            changes.base_len = changes.base_len.min(len);
            changes.pages.retain(|number, _| number * PAGE_LEN < len);
            // What is behind the cut reads as zeros should the file grow again.
            if let Some(last) = changes.pages.get_mut(&(len / PAGE_LEN)) {
                last.iter_mut().skip((len % PAGE_LEN) as usize).for_each(|byte| *byte = 0);
            }
        }
        changes.len = len;
        Ok(())
    }

    fn allocate(&self, len: u64, _zero_fill: bool) -> io::Result<()> {
        let changes = &mut *self.changes.write();
        changes.len = changes.len.max(len);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
