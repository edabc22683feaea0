# The service (the default target) and, with --target evolink-sim, the provider simulator.
#   docker build -t voicehook .
# tests/deploy/image_in_debootstrap runs the steps of the last stages without a container engine; it knows the
# instructions that are used here, and only those.

FROM debian:bookworm-slim AS build
WORKDIR /src
# The packages stay cached for as long as ./dev, which lists them, stays.
COPY dev ./
RUN ./dev setup
COPY . .
RUN ./dev build release \
 && install -d /out \
 && strip --strip-all -o /out/voicehook build/release/voicehook \
 && strip --strip-all -o /out/evolink-sim build/release/evolink-sim

FROM debian:bookworm-slim AS evolink-sim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libboost-container1.81.0 libboost-json1.81.0 libfmt9 \
        libssl3 libstdc++6 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*.log /var/log/apt
RUN groupadd --gid 10001 evolink-sim \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin evolink-sim
COPY --from=build /out/evolink-sim /usr/local/bin/evolink-sim
USER 10001:10001
EXPOSE 9443 9080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/evolink-sim"]

FROM debian:bookworm-slim AS voicehook
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libfmt9 libhiredis0.14 libpq5 libprometheus-cpp-core1.0 \
        librdkafka1 libsqlite3-0 libssl3 libstdc++6 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*.log /var/log/apt
RUN groupadd --gid 10001 voicehook \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin voicehook \
 && install -d -m 0755 /etc/voicehook \
 && install -d -m 0700 -o 10001 -g 10001 /var/lib/voicehook
COPY --from=build /out/voicehook /usr/local/bin/voicehook
# Everything that is written goes there, temporary files of the store included: the root may be read-only.
WORKDIR /var/lib/voicehook
VOLUME ["/var/lib/voicehook"]
USER 10001:10001
EXPOSE 8443 8444 9464
STOPSIGNAL SIGTERM
# /livez, never /readyz: a disk that is full must not restart the container.
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=3 CMD ["/usr/local/bin/voicehook", "health"]
ENTRYPOINT ["/usr/local/bin/voicehook"]
CMD ["serve"]
