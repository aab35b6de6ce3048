package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"rosterload/loader"
)

// progress draws what a run tells: a bar on a terminal, elsewhere a line when a stage begins and one each ten seconds.
type progress struct {
	to     io.Writer
	quiet  bool
	draws  bool
	mu     sync.Mutex
	stage  string
	bar    *progressbar.ProgressBar
	spoken time.Time
}

const between = 10 * time.Second

func newProgress(to io.Writer, quiet bool) *progress {
	return &progress{to: to, quiet: quiet, draws: !quiet && onTerminal()}
}

// watch is called for every row, so it decides quickly.
func (p *progress) watch(s loader.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case s.Note != "":
		p.clear()
		fmt.Fprintf(p.to, "rosterload: %s\n", s.Note)
	case p.quiet:
	case p.draws:
		p.draw(s)
	case s.Stage != p.stage || time.Since(p.spoken) >= between:
		p.speak(s)
	}
}

func (p *progress) draw(s loader.Progress) {
	if s.Stage != p.stage {
		p.clear()
		total := int64(s.Total)
		if total == 0 {
			total = -1
		}
		p.stage = s.Stage
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.to), progressbar.OptionSetDescription(s.Stage),
			progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	_ = p.bar.Set(s.Done)
}

func (p *progress) speak(s loader.Progress) {
	p.stage, p.spoken = s.Stage, time.Now()
	if s.Total > 0 {
		fmt.Fprintf(p.to, "rosterload: %s, %d of %d\n", s.Stage, s.Done, s.Total)
		return
	}
	fmt.Fprintf(p.to, "rosterload: %s\n", s.Stage)
}

func (p *progress) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// Write lets log lines pass over the bar.
func (p *progress) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	return p.to.Write(line)
}

func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Exit()
		p.clear()
	}
}
