# One image for every service: the command chooses which one runs.
FROM node:24-bookworm-slim AS build
WORKDIR /recado
COPY package.json package-lock.json .npmrc ./
COPY domain/package.json domain/
COPY event-store/package.json event-store/
COPY media-store/package.json media-store/
COPY embedded-couchdb/package.json embedded-couchdb/
COPY ingest/package.json ingest/
COPY sync-server/package.json sync-server/
COPY etl/package.json etl/
COPY analytics/package.json analytics/
COPY pwa/package.json pwa/
COPY simulator/package.json simulator/
COPY e2e/package.json e2e/
COPY load/package.json load/
RUN npm ci
COPY . .
RUN npm run build -w pwa

FROM node:24-bookworm-slim
ENV NODE_ENV=production RECADO_HOST=0.0.0.0 RECADO_DATA=/data
WORKDIR /recado
COPY --from=build --chown=node:node /recado /recado
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
CMD ["node", "sync-server/src/main.ts"]
