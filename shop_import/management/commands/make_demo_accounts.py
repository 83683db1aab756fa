"""manage.py make_demo_accounts: accounts to try the shop with, where it is developed and nowhere else."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from shop_import.demo_accounts import make_demo_accounts, password_kept_in


class Command(BaseCommand):
    help = (
        "Make an account of staff and one of a customer, with a random password kept in DATA_DIR. DEBUG only."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="http://127.0.0.1:8000/", help="where the shop answers")

    def handle(self, *, address: str, **options: Any) -> None:
        if not settings.DEBUG:
            self.stdout.write(
                "Without DEBUG there are no demo accounts: manage.py createsuperuser makes one."
            )
            return
        path = settings.DATA_DIR / "secrets" / "demo_password"
        password = password_kept_in(path)
        self.stdout.write(f"Shop   {address}\nAdmin  {address}admin/\n\nSign in with:")
        for account in make_demo_accounts(password=password, at=timezone.now()):
            shown = password if account.has_this_password else "(another password)"
            self.stdout.write(f"  {account.email:<22}{shown:<20}{account.role}")
        self.stdout.write(f"The password is random and stays in {path}.")
