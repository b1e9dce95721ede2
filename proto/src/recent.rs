//! What was worked out lately, so that a question that is asked again costs a look-up.
//!
//! Bounded by weight, which the caller states for each entry: what is kept weighs at most twice the bound. In place of an
//! order of use there are two generations: what is found in the old one moves to the new one, and when the new one is full
//! the old one is forgotten. Only functions of the key alone belong in here: nothing that a policy decides.

use std::{borrow::Borrow, collections::HashMap, hash::Hash};

/// A bounded memory.
#[derive(Debug)]
pub struct Recent<K, V> {
    new: HashMap<K, (V, usize)>,
    old: HashMap<K, (V, usize)>,
    /// Weight of `new`.
    weight: usize,
    most: usize,
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    /// Keeps entries of this weight in each of two generations.
    pub fn new(most: usize) -> Self {
        Self {
            new: HashMap::new(),
            old: HashMap::new(),
            weight: 0,
            most,
        }
    }

    /// What was kept for this key.
    pub fn get<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        if let Some((value, _)) = self.new.get(key) {
            return Some(value.clone());
        }
        let (key, (value, weight)) = self.old.remove_entry(key)?;
        self.put(key, value.clone(), weight);
        Some(value)
    }

    /// Keeps a value. One that outweighs the bound is not kept.
    pub fn put(&mut self, key: K, value: V, weight: usize) {
        if weight > self.most {
            return;
        }
        if self.weight + weight > self.most {
            self.old = std::mem::take(&mut self.new);
            self.weight = 0;
        }
        self.weight += weight;
        if let Some((_, before)) = self.new.insert(key, (value, weight)) {
            self.weight -= before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_what_is_not_goes() {
        let mut recent = Recent::new(10);
        recent.put("kept", 1, 1);
        for n in 0..1_000 {
            recent.put(Box::leak(n.to_string().into_boxed_str()), n, 3);
            assert_eq!(recent.get("kept"), Some(1));
            let held =
                |side: &HashMap<&str, (i32, usize)>| side.values().map(|(_, weight)| weight).sum::<usize>();
            assert!(held(&recent.new) <= 10 && held(&recent.old) <= 10);
        }
        assert_eq!(recent.get("0"), None);
    }

    #[test]
    fn what_outweighs_the_bound_is_not_kept() {
        let mut recent = Recent::new(10);
        recent.put("small", 1, 1);
        recent.put("large", 2, 11);
        assert_eq!((recent.get("small"), recent.get("large")), (Some(1), None));
    }

    #[test]
    fn a_key_that_is_kept_again_weighs_once() {
        let mut recent = Recent::new(10);
        for n in 0..100 {
            recent.put("same", n, 9);
        }
        assert_eq!(recent.get("same"), Some(99));
        assert!(recent.weight <= 10);
    }
}
