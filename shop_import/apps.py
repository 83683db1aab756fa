from django.apps import AppConfig


class ShopImportConfig(AppConfig):
    name = "shop_import"
