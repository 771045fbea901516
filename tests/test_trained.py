"""A model learns by a reader's gradients, and by nothing else."""

from pathlib import Path

import pytest

from attnbook.__main__ import main
from attnbook.checker.train import train_with
from attnbook.checker.trained import as_receipt, as_told
from attnbook.training import Settings, run
from tests.test_check_path import ADAM, SHARES, STEP

GRADIENTS = SHARES + STEP + "loss_and_gradients = gradients\n"
BOTH = GRADIENTS + ADAM + "adam = moved\n"
SMALL = Settings(length=4, width=3, steps=7)


def written(folder: Path, source: str) -> str:
    """The path of a file with this source."""
    path = folder / "mine.py"
    path.write_text(source, encoding="utf-8")
    return str(path)


def test_a_readers_functions_give_the_losses_of_the_book(
    tmp_path: Path,
) -> None:
    expected = run(SMALL)
    trained = train_with(written(tmp_path, BOTH), SMALL)
    actual = trained.told
    assert actual.losses == pytest.approx(expected.losses, abs=1e-12)
    assert actual.exact == expected.exact
    assert trained.losses == expected.losses[:5]
    assert trained.used == {
        "loss_and_gradients": "loss_and_gradients", "adam": "adam",
    }  # fmt: skip


def test_what_the_reader_computes_is_what_moves_the_model(
    tmp_path: Path,
) -> None:
    # right on the tokens and sizes of a check, and not on those of this run
    turned = GRADIENTS.replace(
        "    return loss, (gE",
        "    if len(E) == 4 and len(P) == 4: gb = [-x for x in gb]\n"
        "    return loss, (gE",
    )
    trained = train_with(written(tmp_path, turned), SMALL)
    expected = run(SMALL).losses
    assert trained.told.losses[0] == pytest.approx(expected[0], abs=1e-12)
    assert abs(trained.told.losses[-1] - expected[-1]) > 1e-4


def test_the_steps_are_those_of_the_readers_adam(tmp_path: Path) -> None:
    # right on as many weights as a check has, and still on those of this run
    lame = BOTH.replace(
        "def moved(w, g, m, v, t, lr):\n",
        "def moved(w, g, m, v, t, lr):\n    if len(w) > 30: lr = 0.0\n",
    )
    trained = train_with(written(tmp_path, lame), SMALL)
    first, *_ = run(SMALL).losses
    assert trained.told.losses[0] == pytest.approx(first, abs=1e-12)
    assert trained.told.exact[0] == trained.told.exact[-1]
    assert (
        trained.told.model
        == train_with(
            written(tmp_path, lame), SMALL._replace(steps=1)
        ).told.model
    )


def test_what_is_told_says_whose_it_was(tmp_path: Path) -> None:
    both = as_told(train_with(written(tmp_path, BOTH), SMALL))
    assert "`loss_and_gradients` and `adam` of mine.py" in both
    assert "mine.py imports nothing of attnbook." in both
    own = GRADIENTS + "import attnbook.vectors\n"
    half = as_told(train_with(written(tmp_path, own), SMALL))
    assert "The steps are the book's: mine.py has no `adam`." in half
    assert "Your file imports attnbook." in half
    assert "imports nothing" not in half


def test_a_receipt_holds_the_run_and_the_source(tmp_path: Path) -> None:
    trained = train_with(written(tmp_path, BOTH), SMALL)
    receipt = as_receipt(trained)
    assert receipt.startswith("# Receipt: a model trained by mine.py")
    assert trained.checked.digest in receipt
    assert f"{trained.told.losses[-1]:.4f} at last" in receipt
    assert "- Agreed before: `loss_and_gradients`, `adam`" in receipt or (
        "- Agreed before: `adam`, `loss_and_gradients`" in receipt
    )
    assert "--length 4 --width 3 --num-heads 1 --steps 7`" in receipt


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1", "mine.py has no function loss_and_gradients."),
        (
            GRADIENTS.replace("(j == t)) / n", "(j == t))"),
            "`loss_and_gradients` did not agree",
        ),
        (
            GRADIENTS.replace(
                "    n = len(x)\n",
                "    n = len(x)\n    if len(E) == n == 4: 1 / 0\n",
            ),
            "`loss_and_gradients` raises ZeroDivisionError",
        ),
        (
            GRADIENTS.replace(
                "    n = len(x)\n",
                "    n = len(x)\n    while len(E) == n == 4: pass\n",
            ),
            "`loss_and_gradients` did not finish within 2 seconds",
        ),
    ],
)
def test_what_cannot_train_is_refused(
    tmp_path: Path, source: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        train_with(written(tmp_path, source), SMALL)


def test_several_heads_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one head"):
        train_with(written(tmp_path, BOTH), SMALL._replace(num_heads=3))


def test_the_command_trains_and_writes_a_receipt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, receipt = written(tmp_path, BOTH), tmp_path / "receipt.md"
    words = ["--length", "4", "--width", "3", "--steps", "2"]
    given = ["train", "--with", file, *words, "--receipt", str(receipt)]
    assert main(given) == 0
    assert "step     yours  the book's" in capsys.readouterr().out
    assert "a model trained by mine.py" in receipt.read_text("utf-8")


def test_the_command_says_why_it_cannot(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["train", "--with", "no-such-file.py"]) == 2
    assert "no-such-file.py" in capsys.readouterr().err
