"""POST /release as the usual Python stack would have it: FastAPI, asyncpg, one process, the same
transaction as loomrel's. What the bench server.sh compares with."""

import os
import secrets
import uuid

import asyncpg
from fastapi import Depends, FastAPI, Header, HTTPException, Response
from pydantic import BaseModel

app = FastAPI()
KEY = os.environ["KEY"]


class Release(BaseModel):
    service_name: str
    release_tag: str
    initiated_by: str
    github_run_id: str
    github_action_link: str
    github_ref: str


def authorized(authorization: str = Header("")):
    if not secrets.compare_digest(authorization, "Bearer " + KEY):
        raise HTTPException(401)


@app.on_event("startup")
async def connect():
    app.state.pool = await asyncpg.create_pool(os.environ["DSN"], min_size=8, max_size=8)


@app.post("/api/tg-bot/release", status_code=201, dependencies=[Depends(authorized)])
async def create(release: Release, response: Response):
    async with app.state.pool.acquire() as connection, connection.transaction():
        found = await connection.fetchrow(
            "SELECT releases.id, releases.status FROM release_keys JOIN releases"
            " ON releases.id = release_keys.release_id"
            " WHERE release_keys.service = $1 AND release_keys.tag = $2 AND release_keys.run_id = $3",
            release.service_name, release.release_tag, release.github_run_id)
        if found:
            response.status_code = 200
            return {"release_id": found["id"]}
        row = await connection.fetchrow(
            "INSERT INTO releases (service_name, release_tag, rollback_to_tag, status, initiated_by,"
            " github_run_id, github_action_link, github_ref, started_at)"
            " VALUES ($1, $2, '', 'initiated', $3, $4, $5, $6, NULL) RETURNING id",
            release.service_name, release.release_tag, release.initiated_by, release.github_run_id,
            release.github_action_link, release.github_ref)
        await connection.execute(
            "INSERT INTO release_keys (service, tag, run_id, release_id) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT DO NOTHING",
            release.service_name, release.release_tag, release.github_run_id, row["id"])
        await connection.execute(
            "INSERT INTO release_events (release_id, at, from_status, to_status, actor, source,"
            " detail, change_id, step) VALUES ($1, clock_timestamp(), '', 'initiated', $2, 'api',"
            " '{}', $3, 0)", row["id"], release.initiated_by, str(uuid.uuid4()))
    return {"release_id": row["id"]}
