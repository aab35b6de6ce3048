package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
)

// org is a pretend org in a process of its own, without delays.
type org struct {
	address string
	process *exec.Cmd
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

// calls is how many calls the org was asked.
func (o *org) calls() (int, error) {
	answer, err := http.Get(o.address + "/_sim/requests")
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	var all []json.RawMessage
	err = json.NewDecoder(answer.Body).Decode(&all)
	return len(all), err
}
