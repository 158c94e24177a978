//! Who may own features: read where somebody asks, and from then on with the lists.

use super::{
    Clock, Mirror, Transport,
    ledger::Ledger,
    stamp::{Source, Span},
    taken::Taken,
};
use crate::{
    flagsmith::{Error, People},
    world::{Cell, Known},
};

impl Ledger {
    /// Takes in who there is.
    pub fn take_people(&mut self, at: Span, people: People) -> Taken {
        let mut taken = Taken::default();
        let people = Known::Present(people);
        if self.observe(&Cell::People, at, Source::Direct) && self.world.people != people {
            self.world.people = people;
            taken.touched.push(Cell::People);
        }
        taken
    }
}

impl<T: Transport, C: Clock> Mirror<T, C> {
    pub(super) async fn look_at_people(&self) -> Result<(), Error> {
        let sent = self.clock.now();
        let people = self.transport.people().await?;
        let taken = self.ledger().take_people(self.since(sent), people);
        self.tell(&taken);
        Ok(())
    }

    /// Reads them anew if anybody ever asked. A credential that may no longer keeps nothing else from being listed.
    pub(super) async fn list_people(&self, news: &mut Taken) {
        if !self.read(|world| matches!(world.people, Known::Present(_))) {
            return;
        }
        let sent = self.clock.now();
        if let Ok(people) = self.transport.people().await {
            news.add(self.ledger().take_people(self.since(sent), people));
        }
    }
}
