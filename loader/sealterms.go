package loader

import (
	"os"

	"rosterload/loader/run"
	"rosterload/loader/spool"
	"rosterload/loader/terms"
)

// sealTerms keeps the terms in the run's folder. A crash before the run's first event: the next try seals those in
// force then.
func (s *session) sealTerms(seal *run.Seal) error {
	if s.Terms == nil {
		return nil
	}
	data, err := s.Terms.Seal()
	if err != nil {
		return err
	}
	path := s.run().Path(run.TermsFile)
	if err := spool.WriteFile(path, 0o600, data); err != nil {
		return err
	}
	seal.Terms.File = run.TermsFile
	seal.Terms.SHA256, err = spool.Digest(path)
	return err
}

// unsealTerms takes up those that were in force when the run began, whatever the config says now.
func (s *session) unsealTerms() error {
	s.Terms = nil
	sealed := s.run().Seal.Terms
	if sealed.File == "" {
		return nil
	}
	if err := s.run().Verify(sealed); err != nil {
		return err
	}
	data, err := os.ReadFile(s.run().Path(sealed.File))
	if err == nil {
		s.Terms, err = terms.Unseal(data)
	}
	return err
}
