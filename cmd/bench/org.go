package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"time"
)

// org is a pretend org in a process of its own, without delays.
type org struct {
	address string
	process *exec.Cmd
	before  int // calls that are not measured
}

// asked is a call as the pretend org tells of it.
type asked struct {
	At, Answered time.Time
	Method, Path string
}

var serving = regexp.MustCompile(`http://\S+`)

func startOrg(binary string, count int) (*org, error) {
	o := &org{process: exec.Command(binary, "simulate", "salesforce", "--listen", "127.0.0.1:0", "--count",
		fmt.Sprint(count), "--delay", "0s")}
	said, err := o.process.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := o.process.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if o.address = serving.FindString(line); err != nil || o.address == "" {
		o.stop()
		return nil, fmt.Errorf("the pretend org does not start: %s", strings.TrimSpace(line))
	}
	return o, nil
}

func (o *org) stop() {
	_ = o.process.Process.Kill()
	_ = o.process.Wait()
}

// delay makes every answer come late.
func (o *org) delay(by string) error {
	r, err := http.NewRequest(http.MethodPut, o.address+"/_sim/faults",
		strings.NewReader("calls: [{on: '*', late: "+by+"}]"))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent {
		return fmt.Errorf("faults: %s", answer.Status)
	}
	return nil
}

// asked are the calls that the org was asked since the measure began. The org keeps the last 5,000 at least.
func (o *org) asked() (all []asked, err error) {
	answer, err := http.Get(o.address + "/_sim/requests")
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(answer.Body).Decode(&all); err != nil {
		return nil, err
	}
	return all[o.before:], nil
}
