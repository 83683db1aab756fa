FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN useradd --create-home shop && mkdir /data && chown shop /data
USER shop
# Refuses to start without its secrets, and names them.
ENV DATA_DIR=/data DJANGO_SETTINGS_MODULE=config.settings.production
