# One image for every part; docker-compose.yml says which part a container is.
FROM python:3.11-slim

# The user id of the broker's image: the account files that `actalgia enrol` writes are its owner's alone
# (0600), and the broker reads them.
RUN groupadd --gid 1883 actalgia \
    && useradd --uid 1883 --gid actalgia --no-create-home --home-dir /var/lib/actalgia actalgia \
    && install -d -o actalgia -g actalgia -m 0700 /var/lib/actalgia /var/lib/actalgia/broker /var/lib/actalgia/outbox /var/lib/actalgia/operator

WORKDIR /src
COPY pyproject.toml README.md ./
COPY days days
COPY opioids opioids
COPY groups groups
COPY ladder ladder
COPY store store
COPY broker broker
COPY ingest ingest
COPY analytics analytics
COPY alerting alerting
COPY api api
COPY patrol patrol
COPY severity severity
COPY simulate simulate
COPY supervise supervise
COPY actalgia actalgia
COPY alembic alembic
RUN pip install --no-cache-dir . && rm -rf /src/*

USER actalgia
WORKDIR /var/lib/actalgia
ENV PYTHONUNBUFFERED=1 OPENBLAS_NUM_THREADS=1
CMD ["actalgia", "--help"]
