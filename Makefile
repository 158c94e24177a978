# Two commands for a newcomer: `make demo` and `make test`.
.PHONY: demo figures test generate

# The main job, from manifests to a flag that an SDK sees and a Secret. KEEP=1 leaves it running.
demo:
	@demo/run

# What the operator costs, measured.
figures:
	@demo/figures

# Everything. Its last line is `N passed, N failed`.
test:
	@tests/run

# The files that are generated and committed.
generate:
	cargo run --quiet -- crds > target/crds.yaml
	mv target/crds.yaml crds/flagsmith-operator.yaml
