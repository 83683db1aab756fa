import pytest
from PIL import Image

from demo.make_catalogue import FOLDER, make_catalogue
from demo.shelf import SHELF
from tests.shop_import.conftest import ShopSet


@pytest.mark.parametrize("name", ["products.csv", "orders.csv", "lines.csv"])
def test_the_catalogue_is_what_its_generator_writes(tmp_path, name):
    make_catalogue(tmp_path, pictures=False)

    assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def test_a_picture_is_what_its_drawing_shows(tmp_path):
    cactus = next(ware for ware in SHELF if "Cactus" in ware.title)

    cactus.drawing().save(tmp_path / "cactus.png")

    with Image.open(tmp_path / "cactus.png") as drawn, Image.open(FOLDER / cactus.image) as kept:
        assert drawn.convert("RGB").tobytes() == kept.convert("RGB").tobytes()


def test_pictures_are_small_and_all_of_one_size():
    pictures = list((FOLDER / "images").iterdir())

    assert {picture.name for picture in pictures} == {ware.image[7:] for ware in SHELF if ware.image}
    assert max(picture.stat().st_size for picture in pictures) < 15_000
    for picture in pictures:
        with Image.open(picture) as image:
            assert image.size == (480, 480)


@pytest.mark.django_db
def test_the_catalogue_is_imported_without_a_problem(stored):
    demo = ShopSet.__new__(ShopSet)
    demo.folder = FOLDER

    outcome = demo.run()

    assert outcome.failure == ""
    assert stored()[:3] == (24, 50, 300)
