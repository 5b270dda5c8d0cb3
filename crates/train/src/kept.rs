//! The weights that a run returns to: the best so far with early stopping, the last finished epoch's without.
//!
//! They lie in a second arena, or, if a store of checkpoints takes them, on disk alone: a large network has no memory for them.

use crate::checkpoint::Checkpoints;
use crate::error::TrainError;
use crate::network::Network;
use planish_nn::Element;
use planish_tensor::AlignedVec;

/// Where the kept weights are.
pub(crate) enum Kept<T: Element> {
    /// Nowhere: the run ends with the weights that it has.
    Nowhere,
    /// Here, an arena each of the network's.
    Memory {
        /// The arenas.
        arenas: Vec<AlignedVec<T>>,
        /// The epoch whose weights the store of checkpoints has.
        stored: usize,
    },
    /// In the store of checkpoints.
    Stored,
}

type Store<'s, 'o, T> = Option<&'s mut (dyn Checkpoints<T> + 'o)>;

fn fault(what: String) -> TrainError {
    TrainError::Checkpoint { what }
}

impl<T: Element> Kept<T> {
    /// For a network whose kept weights are wanted or not.
    pub(crate) fn new(net: &Network<T>, wanted: bool, store: Option<&(dyn Checkpoints<T> + '_)>) -> Kept<T> {
        let bytes = net.named_arenas().iter().map(|(_, a)| size_of_val(*a)).sum();
        if !wanted {
            Kept::Nowhere
        } else if store.is_some_and(|s| s.keeps_weights(bytes)) {
            Kept::Stored
        } else {
            let arenas = net.named_arenas().iter().map(|(_, a)| AlignedVec::zeros(a.len())).collect();
            Kept::Memory { arenas, stored: 0 }
        }
    }

    /// Keeps the network's weights, which are those of this epoch.
    pub(crate) fn keep(
        &mut self,
        net: &Network<T>,
        epoch: usize,
        store: Store<'_, '_, T>,
    ) -> Result<(), TrainError> {
        match (self, store) {
            (Kept::Memory { arenas, .. }, _) => {
                arenas
                    .iter_mut()
                    .zip(net.named_arenas())
                    .for_each(|(to, (_, from))| to.copy_from_slice(from));
                Ok(())
            }
            (Kept::Stored, Some(store)) => store.save_kept(epoch, &net.named_arenas()).map_err(fault),
            _ => Ok(()),
        }
    }

    /// Stores what is kept before a checkpoint that refers to it.
    pub(crate) fn store(
        &mut self,
        net: &Network<T>,
        epoch: usize,
        store: &mut (dyn Checkpoints<T> + '_),
    ) -> Result<(), TrainError> {
        let Kept::Memory { arenas, stored } = self else { return Ok(()) };
        if epoch > 0 && *stored != epoch {
            let named: Vec<_> =
                net.named_arenas().iter().zip(&*arenas).map(|((name, _), a)| (*name, &a[..])).collect();
            store.save_kept(epoch, &named).map_err(fault)?;
            *stored = epoch;
        }
        Ok(())
    }

    /// Reads what was kept when the checkpoint that is continued was stored.
    pub(crate) fn reload(
        &mut self,
        net: &Network<T>,
        epoch: usize,
        store: &mut (dyn Checkpoints<T> + '_),
    ) -> Result<(), TrainError> {
        let Kept::Memory { arenas, stored } = self else { return Ok(()) };
        if epoch > 0 {
            let names = net.named_arenas();
            let mut named: Vec<_> =
                names.iter().zip(arenas).map(|((name, _), a)| (*name, &mut a[..])).collect();
            store.load_kept(epoch, &mut named).map_err(fault)?;
            *stored = epoch;
        }
        Ok(())
    }

    /// Gives the network the kept weights. False if there are none.
    pub(crate) fn restore(
        &self,
        net: &mut Network<T>,
        epoch: usize,
        store: Store<'_, '_, T>,
    ) -> Result<bool, TrainError> {
        if epoch == 0 {
            return Ok(false);
        }
        match (self, store) {
            (Kept::Memory { arenas, .. }, _) => {
                net.named_arenas_mut()
                    .into_iter()
                    .zip(arenas)
                    .for_each(|((_, to), from)| to.copy_from_slice(from));
                Ok(true)
            }
            (Kept::Stored, Some(store)) => {
                store.load_kept(epoch, &mut net.named_arenas_mut()).map_err(fault).map(|()| true)
            }
            _ => Ok(false),
        }
    }
}
