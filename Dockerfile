FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No install scripts: the runtime that the dev dependency `node` brings is for clones, here the image has one.
RUN npm ci --omit=dev --ignore-scripts

FROM node:26-slim AS built
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN node_modules/.bin/tsc -p tsconfig.build.json && node scripts/build-dashboard.mjs

FROM node:26-slim
ENV NODE_ENV=production \
    SASH_DATA_DIR=/data \
    SASH_HTTP_HOST=0.0.0.0 \
    SASH_HTTP_PORT=8080 \
    SASH_KAFKA_HOST=0.0.0.0
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY scripts/sash.mjs ./scripts/
COPY --from=built /app/dist ./dist
RUN mkdir /data && chown node:node /data
# The user `node` of the base image.
USER 1000:1000
VOLUME /data
EXPOSE 8080 9092
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SASH_HTTP_PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "scripts/sash.mjs", "serve"]
