# Two commands for a newcomer: `make demo` and `make test`.
.PHONY: demo figures image test test-flagsmith generate servers

# The main job, from manifests to a flag that an SDK sees and a Secret. KEEP=1 leaves it running.
demo:
	@demo/run

# What the operator costs, measured.
figures:
	@demo/figures

# Everything. Its last line is `N passed, N failed`.
test:
	@tests/run

# The contract, and what the operator does in each kind of environment, on a real Flagsmith: FLAGSMITH_API_URL, FLAGSMITH_TOKEN.
test-flagsmith:
	@tests/flagsmith

# docs/servers.md, made of a run of the suite.
servers:
	RUST_TEST_THREADS=16 cargo test --locked --test suite -- matrix:: > target/servers.log
	tests/servers target/servers.log > target/servers.md
	mv target/servers.md docs/servers.md

# The image in an OCI archive, without a Docker daemon; the script says what it takes.
image:
	@./image-archive

# The files that are generated and committed.
generate:
	cargo run --quiet -- crds > target/crds.yaml
	cp target/crds.yaml charts/flagsmith-operator/files/crds.yaml
	mv target/crds.yaml crds/flagsmith-operator.yaml
	charts/values-table > target/chart-readme.md
	mv target/chart-readme.md charts/flagsmith-operator/README.md
	tests/chart/render
