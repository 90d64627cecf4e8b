from deployc.compiler import stage

PLACE = "rows.csv"
NAMES = ["pandas"]


@stage(outputs={"out": PLACE}, requirements=NAMES, depends_on=["first", 7])
def clean(out):
    out.write_text("")


@stage(outputs=["a.txt"], timout="9h", network="yes")
def first():
    pass
