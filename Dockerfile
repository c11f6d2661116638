# One image for web, worker, beat and the migrations; docker-compose.yml says which is which.
# Base images go by digest, so that nobody can put another image under the same name: NODE_DIGEST and PYTHON_DIGEST are
# sha256:… and must be given. `sh docker/pin` prints them for the versions that are named here.
ARG NODE_DIGEST
ARG PYTHON_DIGEST

FROM node:22-bookworm-slim@${NODE_DIGEST} AS front-end
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY ui/assets ui/assets
COPY static static
RUN npm run build

FROM python:3.13-slim-bookworm@${PYTHON_DIGEST} AS site
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home site
WORKDIR /srv/site
COPY requirements/base.txt requirements/base.txt
RUN pip install --require-hashes -r requirements/base.txt
COPY manage.py manage.py
COPY templates templates
COPY config config
COPY core core
COPY audit audit
COPY ui ui
COPY notifications notifications
COPY people people
COPY outreach outreach
COPY timebank timebank
COPY goals goals
COPY accelerator accelerator
COPY evaluation evaluation
COPY --from=front-end /build/static static
ENV DATA_DIR=/srv/data MEDIA_DIR=/srv/media
RUN mkdir -p /srv/data /srv/media \
    && ODHA_BUILD=1 python manage.py collectstatic --noinput -v0 \
    && chown -R site:site /srv/data /srv/media
USER site
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "-c", "config/gunicorn.py", "--bind=0.0.0.0:8000", "--workers=3", "--threads=4", "--worker-tmp-dir=/dev/shm"]
