package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"rosterload/loader"
)

// progress tells where a run stands: stage, how many of how many, time since the command began. On a terminal that is
// one line, drawn again in place; elsewhere it is a line when a stage begins and one each ten seconds.
type progress struct {
	to    io.Writer
	voice *voice
	draws bool
	width func() int
	began time.Time
	over  chan struct{}
	ended sync.WaitGroup
	once  sync.Once

	mu    sync.Mutex
	last  loader.Progress
	told  time.Time
	drawn bool // the line is on the terminal now
}

const (
	between = 10 * time.Second       // two lines of one stage, in a pipe
	redraw  = 100 * time.Millisecond // on a terminal
)

// newProgress puts a progress under the voice: whatever is said on stderr from now on takes the line away first.
func newProgress(v *voice) *progress {
	to := v.err
	p := &progress{
		to: to, voice: v, draws: !v.machine && onTerminal(to), width: func() int { return widthOf(to) },
		began: time.Now(), over: make(chan struct{}),
	}
	v.err = p
	p.ended.Go(p.tick)
	return p
}

// tick tells the time while nothing moves.
func (p *progress) tick() {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-p.over:
			return
		case <-every.C:
			p.mu.Lock()
			last := p.last
			p.mu.Unlock()
			if last.Stage != "" {
				p.watch(last)
			}
		}
	}
}

// watch is called often, so it decides quickly.
func (p *progress) watch(s loader.Progress) {
	if s.Note != "" {
		p.voice.note("%s", s.Note)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	since := time.Since(p.told)
	due := s.Stage != p.last.Stage || p.draws && since >= redraw || !p.draws && since >= between
	p.last = s
	if !due || p.voice.quiet {
		return
	}
	p.told = time.Now()
	text := sentence(s, time.Since(p.began))
	if !p.draws {
		p.voice.lineTo(p.to, "INFO", text, "")
		return
	}
	p.drawn = true
	_, _ = io.WriteString(p.to, "\r"+drawing(s, "rosterload: "+text, p.width()-1))
}

// sentence is where a run stands, in words: "sending upserts, 1200 of 40000, 1m2s".
func sentence(s loader.Progress, elapsed time.Duration) string {
	text := s.Stage
	switch {
	case s.Total > 0:
		text += fmt.Sprintf(", %d of %d", min(s.Done, s.Total), s.Total)
	case s.Done > 0:
		text += fmt.Sprintf(", %d", s.Done)
	}
	return text + ", " + elapsed.Truncate(time.Second).String()
}

// drawing is a line of exactly this width: the words and, where there is room, a bar. The last column of a terminal
// stays free: in some a character there begins the next line.
func drawing(s loader.Progress, text string, width int) string {
	if len(text) > width {
		return text[:max(0, width)]
	}
	room := min(width-len(text)-1, 40)
	if s.Total > 0 && room >= 15 {
		text += " " + barOf(s, room)
	}
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

// barOf is a bar with its share, at most this wide.
func barOf(s loader.Progress, width int) string {
	const frame = len(" 100% ||")
	bar := progressbar.NewOptions(s.Total, progressbar.OptionSetWriter(io.Discard),
		progressbar.OptionSetWidth(width-frame),
		progressbar.OptionSetElapsedTime(false), progressbar.OptionSetPredictTime(false))
	_ = bar.Set(min(s.Done, s.Total))
	return strings.TrimSpace(strings.Trim(bar.String(), "\r\n"))
}

// widthOf is how wide a terminal is; 80 where it does not say.
func widthOf(to io.Writer) int {
	if f, ok := to.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

// Write lets other lines pass: it takes the progress away first.
func (p *progress) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	return p.to.Write(line)
}

// rest takes the line away until there is more to tell: a summary follows on stdout.
func (p *progress) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = loader.Progress{}
	p.clear()
}

func (p *progress) clear() {
	if p.drawn {
		_, _ = io.WriteString(p.to, "\r"+strings.Repeat(" ", max(0, p.width()-1))+"\r")
		p.drawn = false
	}
}

// end takes the progress away for good, when a verb ends or when it begins to print. It may be called again.
func (p *progress) end() {
	p.once.Do(func() {
		close(p.over)
		p.ended.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.clear()
		p.voice.err = p.to
	})
}
