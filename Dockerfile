# um-mae and its studio on Debian 12, from the tarballs of a clone; nothing but Debian's and npm's
# packages is needed. With the tarball of addons that are compiled already nothing is compiled.
#     npm run release -- --dry-run && docker build -t um-mae .
#     docker run --rm -v "$PWD:/work" um-mae pretrain --data photos --out runs/first
#     docker run --rm -v "$PWD:/work" -p 7007:7007 um-mae studio runs --host 0.0.0.0
FROM debian:12-slim

# Debian's npm installs a newer Node and npm in place of its own.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates npm \
  && npm install --global npm@10 "node-linux-$(dpkg --print-architecture | sed s/amd64/x64/)@22" \
  && apt-get purge -y --auto-remove npm nodejs \
  && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/um-mae
COPY release/*.tgz ./
RUN npm install --no-audit --no-fund ./*.tgz \
  && npx um-mae setup \
  && rm -rf /var/lib/apt/lists/* /root/.npm ./*.tgz
ENV PATH="/opt/um-mae/node_modules/.bin:$PATH"

WORKDIR /work
ENTRYPOINT ["um-mae"]
CMD ["--help"]
