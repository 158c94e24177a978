# Two commands for a newcomer: `make demo` and `make test`.
.PHONY: demo test generate

# The main job, from manifests to a flag that an SDK sees and a Secret. KEEP=1 leaves it running.
demo:
	@demo/run

# Everything. Its last line is `N passed, N failed`.
test:
	@tests/run

# The files that are generated and committed.
generate:
	cargo run --quiet -- crds > crds/flagsmith-operator.yaml
