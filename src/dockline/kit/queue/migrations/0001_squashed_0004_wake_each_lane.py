"""Wake-ups, and word to the lanes in which somebody waits for a lock that a job released or took away with it."""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION queue_notify_lock_released() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    notice text := json_build_object('type', 'job_inserted', 'job_id', OLD.id)::text;
BEGIN
    -- For workers of the release before, which listen to all lanes at once.
    PERFORM pg_notify('procrastinate_any_queue_v1', notice);
    PERFORM pg_notify('procrastinate_queue_v1#' || waiting.queue_name, notice)
    FROM (SELECT DISTINCT queue_name FROM procrastinate_jobs WHERE lock = OLD.lock AND status = 'todo') waiting;
    RETURN NULL;
END;
$$;
CREATE TRIGGER queue_lock_released AFTER UPDATE OF status ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing' AND NEW.status <> 'doing' AND NEW.lock IS NOT NULL)
    EXECUTE FUNCTION queue_notify_lock_released();
CREATE TRIGGER queue_lock_removed AFTER DELETE ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing' AND OLD.lock IS NOT NULL)
    EXECUTE FUNCTION queue_notify_lock_released();
"""
BACKWARD = """
DROP TRIGGER queue_lock_removed ON procrastinate_jobs;
DROP TRIGGER queue_lock_released ON procrastinate_jobs;
DROP FUNCTION queue_notify_lock_released();
"""


class Migration(migrations.Migration):
    replaces = [
        ("queue", "0001_initial"),
        ("queue", "0002_wake_after_lock"),
        ("queue", "0003_wake_after_removal"),
        ("queue", "0004_wake_each_lane"),
    ]

    initial = True

    dependencies = [
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        migrations.CreateModel(
            name="Wakeup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("subject_id", models.BigIntegerField()),
                ("asked_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("name", "subject_id"), name="one_wakeup_per_subject")],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
