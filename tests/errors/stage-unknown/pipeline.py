from deployc.compiler import stage


@stage(outputs={"rows": "rows.csv"})
def clean(rows):
    rows.write_text("")


@stage("fit", depends_on=[clean, "claen"], outputs={"model": "model.pkl"})
def train(rows, model):
    model.write_bytes(rows.read_bytes())
