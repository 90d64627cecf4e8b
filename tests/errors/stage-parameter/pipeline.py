from deployc.compiler import stage


@stage(inputs={"row": "data/rows.csv"}, outputs={"out": "rows.csv"})
def clean(rows, out, limit=3, *, also=None):
    out.write_text(rows.read_text())
