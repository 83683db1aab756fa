"""The search field of a page."""

from django import forms


class Search(forms.Form):
    q = forms.CharField(label="Search by title", max_length=200, required=False)

    @property
    def title(self) -> str:
        """What to look for; nothing if the text cannot be a title's."""
        return str(self.cleaned_data.get("q", "")) if self.is_valid() else ""
