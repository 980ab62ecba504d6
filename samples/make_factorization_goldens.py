"""Makes samples/factorization/svd.json: what numpy's SVD makes of small matrices, in double precision.

    python -m pip install numpy==2.4.6
    python samples/make_factorization_goldens.py

Every case holds a matrix of singles, a rank, all singular values, and the best approximation of that rank (Eckart and
Young, 1936); in some the errors are weighted, by a weight for each row or by the Gram matrix of inputs, and singular values
and approximation are those of the weighted problem. Seeds are fixed: a second run gives the same file.
"""

import json
import os

import numpy as np

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "factorization", "svd.json")


def best(matrix, rank):
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    return values, (left[:, :rank] * values[:rank]) @ right[:rank]


def case(name, matrix, rank, rows=None, inputs=None):
    matrix = matrix.astype(np.float32).astype(np.float64)
    if rows is not None:
        rows = rows.astype(np.float32).astype(np.float64)
        values, weighted = best(rows[:, None] * matrix, rank)
        approximation = weighted / rows[:, None]
    elif inputs is not None:
        inputs = inputs.astype(np.float32).astype(np.float64)
        # Any root of C will do: the weighted error is |(W - W')L| for C = L·L^T.
        root = np.linalg.cholesky(inputs)
        values, weighted = best(matrix @ root, rank)
        approximation = np.linalg.solve(root.T, weighted.T).T
    else:
        values, approximation = best(matrix, rank)
    return {
        "name": name,
        "shape": list(matrix.shape),
        "matrix": matrix.ravel().tolist(),
        "rank": rank,
        "rows": None if rows is None else rows.tolist(),
        "inputs": None if inputs is None else inputs.ravel().tolist(),
        "singularValues": values.tolist(),
        "approximation": [float(f"{value:.9g}") for value in approximation.ravel()],
    }


def conditioned(rng, rows, columns, least):
    """A matrix whose singular values fall from 1 to `least` in equal steps of their logarithm."""
    count = min(rows, columns)
    left = np.linalg.qr(rng.standard_normal((rows, count)))[0]
    right = np.linalg.qr(rng.standard_normal((columns, count)))[0]
    return (left * np.geomspace(1, least, count)) @ right.T


def main():
    rng = np.random.default_rng(20)
    tall, wide = rng.standard_normal((13, 7)), rng.standard_normal((6, 11))
    sums = rng.standard_normal((40, 11))
    gram = sums.T @ sums
    narrow = rng.standard_normal((40, 7)) * np.geomspace(1, 0.05, 7)
    cases = [
        case("tall", tall, 3),
        case("tall, full rank", tall, 7),
        case("wide", wide, 4),
        case("square", rng.standard_normal((9, 9)), 2),
        case("one row", rng.standard_normal((1, 5)), 1),
        case("one column", rng.standard_normal((5, 1)), 1),
        case("of rank 2", rng.standard_normal((8, 2)) @ rng.standard_normal((2, 6)), 4),
        case("zero", np.zeros((4, 3)), 2),
        case("ill-conditioned, tall", conditioned(rng, 16, 8, 1e-4), 5),
        case("ill-conditioned, wide", conditioned(rng, 8, 16, 1e-4), 5),
        case("tall, rows weighted", tall, 3, rows=np.geomspace(0.1, 4, 13)),
        case("wide, rows weighted", wide, 2, rows=np.geomspace(3, 0.2, 6)),
        case("wide, inputs", wide, 3, inputs=gram),
        case("tall, inputs", tall, 3, inputs=narrow.T @ narrow),
    ]
    os.makedirs(os.path.dirname(FILE), exist_ok=True)
    with open(FILE, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


main()
