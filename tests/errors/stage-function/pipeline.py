from deployc.compiler import stage


@stage(outputs={"out": "rows.csv"})
async def clean(out):
    out.write_text("")


@stage(outputs={"out": "other.csv"})
def each(*out):
    pass


@stage(outputs={"out": "more.csv"})
class Steps:
    pass
