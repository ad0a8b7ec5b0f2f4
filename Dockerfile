# An image with the program and nothing else: no shell, no user who could do anything. It is made of a program that was built (and
# checked) before, so that the image has the bytes of the release:
#
#   docker build --build-arg PROGRAM=skleak_1.2.3_linux_amd64 --platform linux/amd64 -t skleak files/
#   docker run --rm -v "$PWD:/src:ro" skleak scan /src
#
# For --verify, lend it the certificates of your system: -v /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro
FROM scratch
ARG PROGRAM
COPY --chmod=0555 ${PROGRAM} /skleak
USER 65532:65532
WORKDIR /src
ENTRYPOINT ["/skleak"]
