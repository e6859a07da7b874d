//! A sorted map whose copies share what did not change.
//!
//! The agency and the app hold every state that somebody still looks at, and make the next one from a copy with each act.
//! What only ever grows – acts, a connection's versions – is kept in shelves of a few entries each: a copy takes one
//! pointer for each shelf, and a change copies one shelf.

use std::fmt;
use std::ops::Index;
use std::sync::Arc;

/// Entries on a shelf.
const SHELF: usize = 64;

/// A sorted map; a copy is cheap, and keys that rise are kept tightest.
#[derive(Clone)]
pub struct Shelves<K, V> {
    shelves: Vec<Arc<Vec<(K, V)>>>,
    len: usize,
}

impl<K, V> Default for Shelves<K, V> {
    fn default() -> Self {
        Self { shelves: Vec::new(), len: 0 }
    }
}

impl<K, V> Shelves<K, V> {
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Its entries, by their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.shelves.iter().flat_map(|shelf| shelf.iter().map(|(key, value)| (key, value)))
    }

    /// Its keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// Its values, by their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}

impl<K: Ord + Clone, V: Clone> Shelves<K, V> {
    /// What stands under a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let shelf = self.shelves.get(self.shelf_of(key))?;
        shelf.binary_search_by(|(known, _)| known.cmp(key)).ok().map(|place| &shelf[place].1)
    }

    /// Whether something stands under a key.
    #[must_use]
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// What stands under a key, to be changed.
    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let number = self.shelf_of(key);
        let place = self.shelves.get(number)?.binary_search_by(|(known, _)| known.cmp(key)).ok()?;
        Some(&mut Arc::make_mut(&mut self.shelves[number])[place].1)
    }

    /// Puts a value under a key, in the place of what stood there.
    pub(super) fn insert(&mut self, key: K, value: V) {
        let number = self.shelf_of(&key);
        let Some(shelf) = self.shelves.get_mut(number) else { return self.append(key, value) };
        let shelf = Arc::make_mut(shelf);
        match shelf.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(place) => shelf[place].1 = value,
            Err(place) => {
                shelf.insert(place, (key, value));
                self.len += 1;
                if shelf.len() > SHELF {
                    let rest = shelf.split_off(SHELF / 2);
                    self.shelves.insert(number + 1, Arc::new(rest));
                }
            }
        }
    }

    /// A key above all others.
    fn append(&mut self, key: K, value: V) {
        self.len += 1;
        match self.shelves.last_mut().filter(|shelf| shelf.len() < SHELF) {
            Some(shelf) => Arc::make_mut(shelf).push((key, value)),
            None => self.shelves.push(Arc::new(vec![(key, value)])),
        }
    }

    /// The first shelf that does not end before a key.
    fn shelf_of(&self, key: &K) -> usize {
        self.shelves.partition_point(|shelf| shelf.last().is_some_and(|(last, _)| last < key))
    }
}

impl<K: Ord + Clone, V: Clone> Index<&K> for Shelves<K, V> {
    type Output = V;

    fn index(&self, key: &K) -> &V {
        self.get(key).expect("something stands under the key")
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Shelves<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<K: Eq, V: Eq> Eq for Shelves<K, V> {}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Shelves<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Every number below a thousand once, in an order that jumps about.
    fn jumping() -> impl Iterator<Item = u32> {
        (0..1_000).map(|n| n * 387 % 1_000)
    }

    #[test]
    fn it_is_what_a_sorted_map_is_in_whatever_order_it_is_filled() {
        for keys in [jumping().collect::<Vec<_>>(), (0..1_000).collect(), (0..1_000).rev().collect()] {
            let (mut shelves, mut map) = (Shelves::default(), BTreeMap::new());
            for key in keys.iter().chain(&keys[..100]) {
                shelves.insert(*key, key * 2);
                map.insert(*key, key * 2);
            }
            *shelves.get_mut(&500).unwrap() = 7;
            *map.get_mut(&500).unwrap() = 7;
            assert!(shelves.iter().eq(map.iter()) && shelves.iter().rev().eq(map.iter().rev()));
            assert!(map.keys().all(|key| shelves.get(key) == map.get(key)));
            assert_eq!((shelves.len(), shelves.get(&1_000), shelves.keys().next_back()), (1_000, None, Some(&999)));
        }
    }

    #[test]
    fn a_copy_stays_what_it_was_and_shares_all_shelves_but_the_changed_ones() {
        let mut shelves = Shelves::default();
        (0..10_000).for_each(|key| shelves.insert(key, key));
        let before = shelves.clone();
        shelves.insert(10_000, 1);
        *shelves.get_mut(&3).unwrap() = 0;
        assert_eq!((before[&3], before.len(), shelves[&3], shelves.len()), (3, 10_000, 0, 10_001));
        let shared = before.shelves.iter().zip(&shelves.shelves).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        assert_eq!((before.shelves.len(), shared), (157, 155), "the first and the last are copied");
    }

    #[test]
    fn the_order_of_filling_is_no_difference() {
        let (mut jumped, mut risen) = (Shelves::default(), Shelves::default());
        jumping().for_each(|key| jumped.insert(key, ()));
        (0..1_000).for_each(|key| risen.insert(key, ()));
        assert_eq!(jumped, risen);
        risen.insert(1_000, ());
        assert_ne!(jumped, risen);
    }
}
