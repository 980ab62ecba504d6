# Everything is set up by the targets themselves: on Debian and Ubuntu they install what is missing.

PREFIX ?= /usr/local
PACKAGES = libopenblas0 libhdf5-dev libjson-c-dev libyaml-dev zlib1g-dev pkg-config
RELEASE = .build/release/pare

.PHONY: demo test check bench fuzz libfuzzer build install man setup clean

build: setup
	swift build -c release --product pare

demo: build
	@scripts/demo $(RELEASE)

test: setup
	swift build --build-tests
	swift test --skip-build

check: setup
	swift format lint --strict --recursive --parallel Sources Tests Benchmarks Fuzzing Package.swift
	swift build --build-tests

bench: build
	PARE_BENCHMARKS=1 swift run -c release --scratch-path .build-bench pare-benchmarks

fuzz: setup
	PARE_FUZZ=$${PARE_FUZZ:-10000} swift test --filter FuzzTests

libfuzzer: setup
	PARE_FUZZER=1 swift build -c release --sanitize fuzzer --scratch-path .build-fuzz --product pare-fuzz
	scripts/libfuzzer $${SECONDS_EACH:-60} .build-fuzz/release/pare-fuzz

man: setup
	PARE_UPDATE_MAN=1 swift test --filter "ManualPageTests|RecipeReferenceTests"

install: build
	install -d $(PREFIX)/bin $(PREFIX)/share/man/man1 $(PREFIX)/share/bash-completion/completions \
	  $(PREFIX)/share/zsh/site-functions $(PREFIX)/share/fish/vendor_completions.d
	install -m 755 $(RELEASE) $(PREFIX)/bin/pare
	install -m 644 man/*.1 $(PREFIX)/share/man/man1
	$(RELEASE) --generate-completion-script bash > $(PREFIX)/share/bash-completion/completions/pare
	$(RELEASE) --generate-completion-script zsh > $(PREFIX)/share/zsh/site-functions/_pare
	$(RELEASE) --generate-completion-script fish > $(PREFIX)/share/fish/vendor_completions.d/pare.fish

setup:
	@scripts/install-packages $(PACKAGES)

clean:
	rm -rf .build .build-*
