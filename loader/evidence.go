package loader

import (
	"os"

	"rosterload/loader/evidence"
	"rosterload/loader/journal"
	"rosterload/loader/run"
)

// evidence is where this home's evidence is written.
func (o *Options) evidence() *evidence.Home {
	return &evidence.Home{Folder: o.Home, Key: o.SigningKey, Now: o.Now, Sleep: o.Sleep, Queue: o.Queue, Trip: o.Trip}
}

// describe says what was delivered, where nothing else has: the roster's own bytes.
func (s *session) describe(seal *run.Seal) error {
	if seal.Delivery.SHA256 != "" {
		return nil
	}
	info, err := os.Stat(s.run().Path(run.RosterFile))
	if err != nil {
		return err
	}
	seal.Delivery.SHA256, seal.Delivery.Bytes = seal.SHA256, info.Size()
	if seal.Undoes != "" { // it was made here, and nothing of it stays beside the results
		seal.Delivery.Owner, seal.Delivery.ModifiedAt = "", ""
	}
	return nil
}

// giveReason journals why the user goes on with a run that was begun before.
func (s *session) giveReason() error {
	if s.Reason == "" && s.Ticket == "" {
		return nil
	}
	return s.writer.NoteData(journal.Event{What: journal.Given}, run.Given{By: s.By, Reason: s.Reason, Ticket: s.Ticket})
}
