from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION goals_assessment_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The one change allowed is emptying the note of somebody who leaves.
    IF TG_OP = 'UPDATE' AND NEW.note = ''
       AND (to_jsonb(NEW) - 'note') = (to_jsonb(OLD) - 'note') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'self-assessments are append-only';
END $$;
CREATE TRIGGER assessment_append_only BEFORE UPDATE OR DELETE ON goals_assessment
    FOR EACH ROW EXECUTE FUNCTION goals_assessment_append_only();
CREATE TRIGGER assessment_no_truncate BEFORE TRUNCATE ON goals_assessment
    FOR EACH STATEMENT EXECUTE FUNCTION goals_assessment_append_only();

CREATE FUNCTION goals_goal_words_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.words, NEW.title) IS DISTINCT FROM (OLD.words, OLD.title)
       AND EXISTS (SELECT 1 FROM goals_signup WHERE goal_id = OLD.id) THEN
        RAISE EXCEPTION 'somebody has signed up for this goal: publish a new version';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER goal_words_fixed BEFORE UPDATE ON goals_goal
    FOR EACH ROW EXECUTE FUNCTION goals_goal_words_fixed();
ALTER TABLE goals_assessment ENABLE ALWAYS TRIGGER assessment_append_only;
ALTER TABLE goals_assessment ENABLE ALWAYS TRIGGER assessment_no_truncate;
ALTER TABLE goals_goal ENABLE ALWAYS TRIGGER goal_words_fixed;
"""

UNDO = """
DROP TRIGGER goal_words_fixed ON goals_goal;
DROP FUNCTION goals_goal_words_fixed();
DROP TRIGGER assessment_no_truncate ON goals_assessment;
DROP TRIGGER assessment_append_only ON goals_assessment;
DROP FUNCTION goals_assessment_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("goals", "0001_initial")]
    operations = [migrations.RunSQL(APPEND_ONLY, UNDO)]
