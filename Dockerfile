# Built where the compilers and pip may stay behind; what runs gets the finished environment.
FROM python:3.11-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install -r requirements.txt

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/venv/bin:$PATH
RUN useradd --uid 10001 --create-home shop && mkdir /data && chown shop /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
ENV STATIC_ROOT=/app/staticfiles
RUN DATA_DIR=/tmp/building DJANGO_SETTINGS_MODULE=config.settings.collecting python manage.py collectstatic --noinput \
    && rm -r /tmp/building
USER 10001
# Refuses to start without its secrets, and names them.
ENV DATA_DIR=/data DJANGO_SETTINGS_MODULE=config.settings.production HOST=0.0.0.0
EXPOSE 8000
CMD ["gunicorn", "config.wsgi"]
