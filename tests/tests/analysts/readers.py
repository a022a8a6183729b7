"""What each library makes of an export: one JSON document on stdout."""

import json
import sys

import duckdb
import pandas
import polars

root = sys.argv[1]


def of_duckdb():
    events = f"read_parquet('{root}/events/*/*.parquet', hive_partitioning = true)"

    def query(text):
        return duckdb.sql(text.format(events=events)).fetchall()

    def count(table):
        return query(f"SELECT count(*) FROM '{root}/{table}/*.parquet'")[0][0]

    types = query("SELECT DISTINCT typeof(occurred_at), typeof(recorded_at) FROM {events}")
    return {
        "balances": {a: str(b) for a, b in query("SELECT account_id, sum(delta) FROM {events} GROUP BY 1")},
        "latest": {a: str(b) for a, b in query("SELECT account_id, arg_max(balance, version) FROM {events} GROUP BY 1")},
        "currencies": dict(query("SELECT DISTINCT account_id, currency FROM {events}")),
        "days": [str(day) for (day,) in query("SELECT DISTINCT day FROM {events} ORDER BY 1")],
        "times": "UTC microseconds" if types == [("TIMESTAMP WITH TIME ZONE",) * 2] else str(types),
        "texts": [text for (text,) in query("SELECT reference FROM {events} WHERE reference LIKE '%東京%'")],
        "decisions": count("decisions"),
        "notifications": count("notifications"),
    }


def of_polars():
    events = polars.read_parquet(f"{root}/events/", hive_partitioning=True)
    sums = events.group_by("account_id").agg(polars.col("delta").sum())
    latest = events.sort("version").group_by("account_id").agg(polars.col("balance").last())
    times = {str(events.schema[name]) for name in ("occurred_at", "recorded_at")}
    return {
        "balances": {row["account_id"]: str(row["delta"]) for row in sums.to_dicts()},
        "latest": {row["account_id"]: str(row["balance"]) for row in latest.to_dicts()},
        "currencies": dict(events.select("account_id", "currency").unique().rows()),
        "days": sorted(str(day) for day in events["day"].unique()),
        "times": "UTC microseconds" if times == {"Datetime(time_unit='us', time_zone='UTC')"} else str(times),
        "texts": events.filter(polars.col("reference").str.contains("東京"))["reference"].to_list(),
        "decisions": polars.read_parquet(f"{root}/decisions/").height,
        "notifications": polars.read_parquet(f"{root}/notifications/").height,
    }


def of_pandas():
    events = pandas.read_parquet(f"{root}/events")
    latest = events.sort_values("version").groupby("account_id")["balance"].last()
    times = {str(events[name].dtype) for name in ("occurred_at", "recorded_at")}
    return {
        "balances": {a: str(b) for a, b in events.groupby("account_id")["delta"].sum().items()},
        "latest": {a: str(b) for a, b in latest.items()},
        "currencies": dict(events[["account_id", "currency"]].drop_duplicates().itertuples(index=False)),
        "days": sorted(str(day) for day in events["day"].unique()),
        "times": "UTC microseconds" if times == {"datetime64[us, UTC]"} else str(times),
        "texts": events[events["reference"].str.contains("東京", na=False)]["reference"].tolist(),
        "decisions": len(pandas.read_parquet(f"{root}/decisions")),
        "notifications": len(pandas.read_parquet(f"{root}/notifications")),
    }


json.dump({"duckdb": of_duckdb(), "pandas": of_pandas(), "polars": of_polars()}, sys.stdout)
