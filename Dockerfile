# The pins of requirements.txt, and the checkout as an editable install: docker build -t asvae .
FROM python:3.11-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make chromium \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /companion
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
# Whoever runs the image may ask git for the commit.
RUN git config --system --add safe.directory /companion
RUN pip install --no-cache-dir --no-deps --editable .
CMD ["asvae", "--help"]
