SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export CGO_ENABLED := 0

GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VERSION  := $(shell git describe --always --dirty 2>/dev/null || echo unknown)

.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/rosterload
	@go build -ldflags "-X main.version=$(VERSION)" -o bin/rosterload ./cmd/rosterload

demo: build ## load samples/nightly.csv into a pretend org and show what became of each line
	@samples/demo.sh

demo-feed: build ## drop eight files into two feeds of a pretend org and show what became of each
	@samples/feeds/demo.sh

test: ## run every test but those that need the race detector, node or minutes
	go test -timeout 30m ./...

race: ## run the tests under the race detector, with fewer random nights (needs a C compiler)
	CGO_ENABLED=1 GORACE=atexit_sleep_ms=0 go test -race -short -timeout 30m ./...

test-clients: ## let programs by other people take the pretend org for a real one (jsforce needs node and npm) and read our workbooks
	cd loader/simulator/clients && go mod tidy -diff && go vet ./... && ROSTERLOAD_CLIENTS=1 go test ./... -count=1 -v
	cd loader/sheet/readers && go mod tidy -diff && go vet ./... && go test ./... -count=1 -v

test-browser: build ## look at report, console and pretend orgs in a headless Chromium: widths, light and dark, paper, keyboard, accessibility, 100,000 rows (needs chromium, npm)
	cd loader/page/browser && go mod tidy -diff && go vet ./... && ROSTERLOAD_BROWSER=1 go test ./... -count=1 -v

lint: ## formatting, vet, staticcheck and the rest of .golangci.yml
	$(GOLANGCI) run ./...
	cd loader/simulator/clients && $(GOLANGCI) run ./...
	cd loader/page/browser && $(GOLANGCI) run ./...
	cd loader/sheet/readers && $(GOLANGCI) run ./...

fmt: ## format the code as lint wants it
	$(GOLANGCI) fmt ./...

samples: build ## write the samples' results again and show the difference
	go test ./cmd/rosterload -run TestSamples -count=1 -update
	git --no-pager diff --stat -- samples

cross: ## build and vet for the other systems we promise
	GOOS=windows GOARCH=amd64 go vet ./...
	GOOS=darwin GOARCH=arm64 go vet ./...
	GOOS=windows GOARCH=amd64 go build -o /dev/null ./cmd/rosterload
	GOOS=darwin GOARCH=arm64 go build -o /dev/null ./cmd/rosterload

soak: ## kill the binary at hundreds of moments of the nights of every kind, and resume it
	ROSTERLOAD_SOAK=$${ROSTERLOAD_SOAK:-300} go test ./cmd/rosterload -run "TestAKill|TestAWatchThatIsShot" -count=1 -timeout 60m

PREFIX ?= /usr/local

install: build ## put rosterload and nightly.sh into $(PREFIX)/bin, with completion for bash, zsh and fish
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 bin/rosterload samples/nightly.sh $(DESTDIR)$(PREFIX)/bin
	bin/rosterload completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/rosterload
	bin/rosterload completion zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_rosterload
	bin/rosterload completion fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/rosterload.fish

chaos: ## put a lying proxy before each pretend org: every trouble at every call, alone and in pairs, each resumed to an undisturbed end
	ROSTERLOAD_CHAOS=$${ROSTERLOAD_CHAOS:-all} go test ./loader/connector/all -run "TestChaos|TestALie|TestAltered" -count=1 -timeout 90m

bench: build ## measure loads of a million lines (in order, shuffled, quoted) and of 25, beside SHA-256, the conversation of curl, and sf
	go run ./cmd/bench -binary bin/rosterload -quoted

release: ## build stripped binaries for linux, darwin and windows into bin/
	@for t in linux/amd64 darwin/arm64 windows/amd64; do \
	  GOOS=$${t%/*} GOARCH=$${t#*/} go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/rosterload-$${t%/*}-$${t#*/} ./cmd/rosterload; \
	done

.PHONY: help build demo demo-feed test race test-clients test-browser lint fmt samples cross soak chaos install bench release
