# syntax=docker/dockerfile:1
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /src
COPY package.json package-lock.json ./
# Optional packages are the private PostgreSQL of demo and tests: production has a server of its own.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /latchkey
COPY --from=dependencies /src/node_modules node_modules
COPY --from=build /src/build/server build/server
COPY --from=build /src/build/web build/web
COPY --from=build /src/build/verifier build/verifier
COPY --from=build /src/build/prisma build/prisma
COPY --from=build /src/build/package.json build/package.json
COPY package.json LICENSE ./
# An id, not a name: clusters that demand a user other than root can see that it is one.
USER 65532:65532
# METRICS_PORT is not among them: whoever sets it decides which network may reach it.
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=32", "build/server/cli.js"]
CMD ["start"]
