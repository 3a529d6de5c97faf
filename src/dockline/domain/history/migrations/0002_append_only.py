"""History is appended to and never edited, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION history_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is append only';
END;
$$;
CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE ON history_event
    FOR EACH STATEMENT EXECUTE FUNCTION history_refuse_change();
"""
BACKWARD = """
DROP TRIGGER history_append_only ON history_event;
DROP FUNCTION history_refuse_change();
"""


class Migration(migrations.Migration):
    """Needs the table only."""

    dependencies = [("history", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
