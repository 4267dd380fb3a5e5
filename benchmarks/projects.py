"""Projects of any size, for benchmarks: layers of models that read one another, with checks in YAML beside them."""

from __future__ import annotations

from pathlib import Path

MODELS_A_FILE = 10


def write_project(folder: Path, models: int, *, lines: int = 45) -> None:
    """Write a project of seeds, views and tables. Each model reads one or two of an earlier layer."""
    (folder / "models").mkdir(parents=True)
    (folder / "seeds").mkdir()
    (folder / "batchsql.yml").write_text("name: bench\n")
    rows = "\n".join(f"{i},{i % 7},name {i},{i * 1.5},2024-01-{i % 28 + 1:02d}" for i in range(1, 101))
    (folder / "seeds" / "raw_orders.csv").write_text(f"id,customer_id,name,amount,ordered_on\n{rows}\n")
    width = max(models // 10, 1)
    for number in range(models):
        layer = number // width
        name = f"model_{number:04d}"
        parents = ["raw_orders"] if layer == 0 else [f"model_{(layer - 1) * width + number % width:04d}"]
        if layer > 1 and number % 3 == 0:
            parents.append(f"model_{(layer - 2) * width + (number + 1) % width:04d}")
        (folder / "models" / f"layer_{layer}").mkdir(exist_ok=True)
        path = folder / "models" / f"layer_{layer}" / f"{name}.sql"
        path.write_text(model_text(number, parents, lines))
    for first in range(0, models, MODELS_A_FILE):
        write_properties(folder, width, range(first, min(first + MODELS_A_FILE, models)))


def model_text(number: int, parents: list[str], lines: int) -> str:
    """A model of about so many lines: a few CTEs with the usual expressions."""
    materialized = "table" if number % 2 else "view"
    join = ""
    if len(parents) > 1:
        others = f"(select distinct id as other_id from {{{{ ref('{parents[1]}') }}}}) as other"
        join = f"\n    left join {others}\n        on other.other_id = base.id"
    text = f"""{{{{ config(materialized='{materialized}') }}}}

-- model {number}: amounts by customer
with base as (

    select
        id,
        customer_id,
        name,
        amount,
        ordered_on
    from {{{{ ref('{parents[0]}') }}}}

),

joined as (

    select
        base.id,
        base.customer_id,
        upper(base.name) as name,
        coalesce(base.amount, 0) + {number} as amount,
        base.ordered_on
    from base{join}

)"""
    step = 0
    previous = "joined"
    while text.count("\n") < lines - 8:
        text += f""",

step_{step} as (

    select
        id, customer_id, name,
        case when amount > {step * 10} then amount else amount + 1 end as amount,
        ordered_on
    from {previous}
    where id is not null

)"""
        previous = f"step_{step}"
        step += 1
    return text + f"\n\nselect * from {previous}\n"


def write_properties(folder: Path, width: int, numbers: range) -> None:
    """Two to four checks a model."""
    text = "models:\n"
    for number in numbers:
        text += f"""  - name: model_{number:04d}
    description: Amounts by customer, step {number}.
    columns:
      - name: id
        checks: [not_null, unique]
      - name: amount
        checks: [not_null]
"""
    (folder / "models" / f"layer_{numbers[0] // width}" / f"properties_{numbers[0]:04d}.yml").write_text(text)
