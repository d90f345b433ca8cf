"""The sheet of all pages holds every picture, and says what to do where there is none."""

from PIL import Image

from gates import sheet


def test_every_picture_has_its_place(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sheet, "PICTURES", tmp_path / "pictures")
    assert sheet.main([str(tmp_path)]) == 2 and "make browser" in capsys.readouterr().err
    (tmp_path / "pictures" / "wide").mkdir(parents=True)
    colors = [(255, 0, 0), (0, 255, 0), (0, 0, 255)] * 3
    for i, color in enumerate(colors):
        Image.new("RGB", (600, 400), color).save(tmp_path / "pictures" / "wide" / f"page--{i}.jpg")
    assert sheet.main([str(tmp_path)]) == 0
    with Image.open(tmp_path / "wide.jpg") as made:
        step, height = sheet.WIDTH + sheet.GAP, 200 + sheet.LINE + sheet.GAP
        for i, color in enumerate(colors):
            x, y = sheet.GAP + i % sheet.COLUMNS * step + 150, sheet.GAP + i // sheet.COLUMNS * height + sheet.LINE + 100
            assert max(abs(a - b) for a, b in zip(made.getpixel((x, y)), color, strict=True)) < 40
