# One image for every process of Footfall; the command says which: `migrate`, `ingest`, `dashboard`, `live`.

# The pages, bundled by esbuild.
FROM node:22-slim AS pages
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY src/footfall/web ./src/footfall/web
RUN npm run build

# The Python package with its dependencies, in a virtual environment that the last stage takes as it is.
FROM python:3.12-slim AS package
WORKDIR /build
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
COPY --from=pages /build/src/footfall/web/static ./src/footfall/web/static
RUN python -m venv /opt/footfall && /opt/footfall/bin/pip install --no-cache-dir .

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home --home-dir /var/lib/footfall --shell /usr/sbin/nologin footfall
COPY --from=package /opt/footfall /opt/footfall
ENV PATH=/opt/footfall/bin:$PATH \
    TZ=UTC \
    PYTHONUNBUFFERED=1 \
    FOOTFALL_HOST=0.0.0.0 \
    FOOTFALL_DATA_DIR=/var/lib/footfall
USER footfall
WORKDIR /var/lib/footfall
VOLUME /var/lib/footfall
EXPOSE 3000 3001 3002
ENTRYPOINT ["footfall"]
CMD ["--help"]
