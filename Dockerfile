# The image of the operator, for linux/amd64 and linux/arm64. `make image` builds it without a daemon; with one:
#   docker buildx build --platform linux/amd64,linux/arm64 --tag registry.example.com/flagsmith-operator:0.1.0 --push .
ARG BUILDER=docker.io/library/rust:1.95-bookworm
# glibc and libgcc of the same Debian as the builder's, certificates, no shell; its user is 65532
ARG BASE=gcr.io/distroless/cc-debian12:nonroot

# The compiler runs on the machine that builds, and compiles for the one that is to run: nothing is emulated.
FROM --platform=$BUILDPLATFORM ${BUILDER} AS build
ARG TARGETARCH
RUN case "$TARGETARCH" in \
      amd64) machine=x86_64 ;; \
      arm64) machine=aarch64 ;; \
      *) echo "there is no image for '$TARGETARCH', only for amd64 and arm64" >&2; exit 1 ;; \
    esac; \
    set -e; \
    echo "$machine-unknown-linux-gnu" >/target; \
    # ring is in part C, and the linker is gcc: that of the other machine, where it is another.
    if [ "$machine" != "$(uname -m)" ]; then \
      apt-get update; \
      apt-get install --yes --no-install-recommends "crossbuild-essential-$TARGETARCH"; \
      rustup target add "$(cat /target)"; \
    fi
ENV CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=x86_64-linux-gnu-gcc
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/source/target,sharing=locked \
    cargo build --release --locked --package flagsmith-operator --target "$(cat /target)" && \
    cp "target/$(cat /target)/release/flagsmith-operator" /flagsmith-operator

FROM ${BASE}
LABEL org.opencontainers.image.title="flagsmith-operator" \
      org.opencontainers.image.description="Flagsmith projects, environments and feature flags as Kubernetes resources" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /flagsmith-operator /usr/local/bin/flagsmith-operator
# By number: Kubernetes cannot tell of a name that it is not root.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/flagsmith-operator"]
CMD ["run"]
