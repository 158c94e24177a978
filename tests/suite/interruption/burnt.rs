//! A key under which an environment was made and deleted is lost for ever: another is chosen.
