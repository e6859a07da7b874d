//! The Merkle tree of RFC 6962 §2.1, kept as its frontier and the root after each leaf.
//!
//! ```text
//! MTH({})     = SHA-256()
//! MTH({d0})   = SHA-256(0x00 ‖ d0)
//! MTH(D[n])   = SHA-256(0x01 ‖ MTH(D[0:k]) ‖ MTH(D[k:n])), k the largest power of two smaller than n
//! ```
//! Appending costs O(log n); every past root stays known, so that an act's `seen` can be compared without proofs. A copy
//! shares the roots with what it was made of, but for the last ones.

use std::sync::Arc;

use crate::encoding::Hash;

/// `SHA-256(0x00 ‖ leaf)`.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Hash::of(&[&[0], leaf])
}

/// `SHA-256(0x01 ‖ left ‖ right)`.
#[must_use]
pub fn node_hash(left: Hash, right: Hash) -> Hash {
    Hash::of(&[&[1], &left.0, &right.0])
}

/// Roots that copies share as one.
const PAGE: usize = 256;

/// An append-only tree that remembers all of its roots, 32 bytes each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// Roots of the perfect subtrees, largest first: one per set bit of the size.
    frontier: Vec<Hash>,
    /// Roots after each leaf, whole pages of them.
    pages: Vec<Arc<Vec<Hash>>>,
    /// Those after the last whole page.
    last: Vec<Hash>,
}

impl Tree {
    /// Number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        (self.pages.len() * PAGE + self.last.len()) as u64
    }

    /// Appends a leaf by its hash.
    pub fn append(&mut self, leaf: Hash) {
        let mut node = leaf;
        let mut size = self.size();
        while size & 1 == 1 {
            let left = self.frontier.pop().expect("one frontier node per set bit of the size");
            node = node_hash(left, node);
            size >>= 1;
        }
        self.frontier.push(node);
        let root = self.frontier.iter().rev().copied().reduce(|right, left| node_hash(left, right));
        self.last.push(root.expect("a node was pushed just before"));
        if self.last.len() == PAGE {
            self.pages.push(Arc::new(std::mem::take(&mut self.last)));
        }
    }

    /// The root now.
    #[must_use]
    pub fn root(&self) -> Hash {
        let last = self.last.last().or_else(|| self.pages.last()?.last());
        last.copied().unwrap_or_else(|| Hash::of(&[]))
    }

    /// The root when the tree had `size` leaves, if it ever had.
    #[must_use]
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        match size {
            0 => Some(Hash::of(&[])),
            n if n <= self.size() => {
                let place = usize::try_from(n - 1).ok()?;
                let page = self.pages.get(place / PAGE).map_or(&self.last, Arc::as_ref);
                page.get(place % PAGE).copied()
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962 §2.1, word for word.
    fn mth(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => Hash::of(&[]),
            [one] => leaf_hash(one),
            many => {
                let k = many.len().next_power_of_two() / 2;
                node_hash(mth(&many[..k]), mth(&many[k..]))
            }
        }
    }

    #[test]
    fn roots_are_those_of_the_definition_at_every_size() {
        let leaves: Vec<Vec<u8>> = (0..600_u32).map(|n| n.to_be_bytes().to_vec()).collect();
        let mut tree = Tree::default();
        assert_eq!(tree.root(), mth(&[]));
        for n in 0..leaves.len() {
            tree.append(leaf_hash(&leaves[n]));
            assert_eq!(tree.root(), mth(&leaves[..=n]), "size {}", n + 1);
        }
        for n in 0..=leaves.len() {
            assert_eq!(tree.root_at(n as u64), Some(mth(&leaves[..n])));
        }
        assert_eq!(tree.root_at(601), None);
    }

    #[test]
    fn the_known_roots_of_certificate_transparency() {
        let mut tree = Tree::default();
        for input in
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
        {
            tree.append(leaf_hash(&hex::decode(input).unwrap()));
        }
        let root = |n| tree.root_at(n).unwrap().to_string();
        assert_eq!(root(0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(root(1), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(root(8), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }
}
