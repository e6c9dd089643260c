# Chaperone. `make help` lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

GO          ?= go
BUF_VERSION := 1.75.0
BUF         := .bin/buf
DIST        := dist
RELEASE     := -ldflags='-s -w'
# One set of build flags everywhere, so that no two steps compile the same thing twice.
export GOFLAGS := $(strip $(GOFLAGS) -trimpath)

# A program under the race detector pauses for a second when it ends; the tests start hundreds.
export GORACE := atexit_sleep_ms=0

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## open the program on made-up clinics, with their own server; nothing is kept
	@mkdir -p $(DIST) && $(GO) build -o $(DIST)/chaperone-demo ./tui/cmd/chaperone-demo
	@exec $(DIST)/chaperone-demo $(ARGS)

.PHONY: build
build: ## build the programs into dist/
	@mkdir -p $(DIST)
	CGO_ENABLED=0 $(GO) build $(RELEASE) -o $(DIST)/ ./tui/cmd/chaperone ./tui/cmd/chaperone-clinic ./tui/cmd/chaperone-demo ./backend/cmd/chaperoned

.PHONY: install
install: ## install chaperone, chaperone-clinic and chaperoned with go install
	CGO_ENABLED=0 $(GO) install $(RELEASE) ./tui/cmd/chaperone ./tui/cmd/chaperone-clinic ./backend/cmd/chaperoned

.PHONY: check
check: deps generate-check lint test ## everything that must be green before a change lands

# What the check needs beside Go: PostgreSQL's server (store tests), a JDK (mobile SDK on the
# JVM), node (runs the browser module), a C compiler (-race, JVM library), npm (fetches buf).
.PHONY: deps
deps: ## install what the tests need and the machine lacks (Debian packages, one call)
	@need=(); \
	command -v gcc >/dev/null || need+=(gcc libc6-dev); \
	command -v javac >/dev/null || need+=(openjdk-17-jdk-headless); \
	command -v node >/dev/null || need+=(nodejs); \
	command -v npm >/dev/null || need+=(npm); \
	{ compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; } || need+=(postgresql); \
	if [ $${#need[@]} -gt 0 ]; then \
		echo "installing: $${need[*]}"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${need[@]}" >/dev/null; \
	fi

$(BUF):
	@mkdir -p .bin && dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
	npm pack --silent --pack-destination "$$dir" @bufbuild/buf-linux-x64@$(BUF_VERSION) >/dev/null && \
	tar -xzf "$$dir"/*.tgz -C "$$dir" && install "$$dir/package/bin/buf" $(BUF)

.PHONY: lint
lint: $(BUF) ## formatting, vet, staticcheck, import rules, wire interface
	@out=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "not formatted:"; echo "$$out"; exit 1; }
	$(BUF) lint
	$(BUF) format --diff --exit-code --path proto/chaperone
	$(BUF) breaking proto --against proto/baseline.binpb --limit-to-input-files
	$(GO) build -o .bin/lint ./internal/lint
	GOFLAGS='$(GOFLAGS) -race' .bin/lint ./...
	$(GO) mod verify >/dev/null
	@$(GO) mod tidy -diff

.PHONY: generate
generate: $(BUF) ## write generated code, the content pack and the word keys anew
	$(BUF) generate
	$(GO) run ./internal/words/wordsgen
	$(GO) run ./internal/checklist/packgen

.PHONY: generate-check
generate-check: generate ## fail when generated files differ from what is committed
	@git diff --exit-code --stat -- internal/gen internal/words internal/checklist docs/content-coverage.md || \
		{ echo "generated files differ: run 'make generate' and commit the result"; exit 1; }

# Under the race detector, so that dependencies are compiled once for tests and lint, and the
# programs that tests start are watched too. Vet has run in lint. What only reads source goes
# without: the detector would make it five times slower and has nothing to watch there.
SOURCE_ONLY := ./internal/archtest ./internal/lint ./internal/checklist/compile ./internal/checklist/packgen

.PHONY: test
test: ## every test, under the race detector
	@$(GO) list ./... | grep -vxF -f <($(GO) list $(SOURCE_ONLY)) | xargs $(GO) test -vet=off -race
	$(GO) test -vet=off $(SOURCE_ONLY)

# The check type-checks the program for both, which takes a tenth of the time.
.PHONY: cross
cross: ## build the programs of patients and clinics for Windows and macOS
	@mkdir -p $(DIST)
	GOOS=windows GOARCH=amd64 $(GO) build $(RELEASE) -o $(DIST)/windows-amd64/ ./tui/cmd/chaperone ./tui/cmd/chaperone-clinic
	GOOS=darwin GOARCH=arm64 $(GO) build $(RELEASE) -o $(DIST)/darwin-arm64/ ./tui/cmd/chaperone ./tui/cmd/chaperone-clinic

.PHONY: web
web: ## compile the browser modules and print their sizes
	$(GO) test -count=1 -v -run Size ./backend/web/wasm/lookup

.PHONY: content-age
content-age: ## warn about facts whose review date has passed (never fails)
	@$(GO) run ./internal/checklist/packgen -age

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (default 20s)
	@grep -rl '^func Fuzz' --include='*_test.go' internal backend mobile-sdk tui | xargs -n1 dirname | sort -u | while read -r dir; do \
		for f in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$$dir"/*_test.go | sed 's/func //'); do \
			echo "$$dir $$f"; $(GO) test "./$$dir" -run '^$$' -fuzz "^$$f$$" -fuzztime "$${FUZZTIME:-20s}"; \
		done; done

.PHONY: audit
audit: ## the slow linters: golangci-lint, govulncheck, gosec (versions pinned here)
	$(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.5.0 run
	$(GO) run golang.org/x/vuln/cmd/govulncheck@latest ./...

.PHONY: bench
bench: ## measure what docs/benchmarks.md promises and write it there
	@$(GO) run ./backend/bench figures > docs/benchmarks.md.new && mv docs/benchmarks.md.new docs/benchmarks.md
