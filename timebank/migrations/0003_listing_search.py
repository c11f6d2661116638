"""What makes listings findable: a configuration of text search that knows neither accents nor endings, the triggers that
keep `search`, `tags` and the list of words as the listings are, and the function that reads what somebody typed.

Triggers, so that a listing is found however it was written: by a form, an import, a merge of skills, a new name.
"""

from django.db import migrations

CONFIGURATION = """
CREATE TEXT SEARCH CONFIGURATION public.listing (COPY = pg_catalog.english);
ALTER TEXT SEARCH CONFIGURATION public.listing
    ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, pg_catalog.english_stem;
CREATE TEXT SEARCH CONFIGURATION public.listing_words (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION public.listing_words
    ALTER MAPPING FOR hword, hword_part, word WITH public.unaccent, pg_catalog.simple;
"""

TRIGGERS = """
-- The skills of a listing, after merging, and the branches that they are on.
CREATE FUNCTION public.listing_tags(p_listing uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT tag), '{}')
    FROM public.timebank_listing_skills tagged
    JOIN public.people_skill first ON first.id = tagged.skill_id
    JOIN public.people_skill skill ON skill.id = coalesce(first.merged_into_id, first.id),
    LATERAL (VALUES (skill.id), (skill.parent_id)) tags(tag)
    WHERE tagged.listing_id = p_listing AND tag IS NOT NULL
$$;

-- A: the title. B: skills. C: whose it is, where, in which language. D: the description.
CREATE FUNCTION public.listing_write_search() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    skills text;
    owner text;
BEGIN
    SELECT string_agg(name, ' ') INTO skills FROM (
        SELECT name FROM public.people_skill WHERE id = ANY (NEW.tags)
        UNION ALL
        SELECT s.name FROM public.timebank_skillsuggestion s
        JOIN public.timebank_listing_suggestions t ON t.skillsuggestion_id = s.id
        WHERE t.listing_id = NEW.id
    ) named;
    SELECT concat_ws(' ', (SELECT name FROM public.people_user WHERE id = NEW.member_id),
                          (SELECT name FROM public.timebank_pot WHERE id = NEW.pot_id)) INTO owner;
    NEW.search :=
        setweight(to_tsvector('public.listing', NEW.title), 'A')
        || setweight(to_tsvector('public.listing', coalesce(skills, '')), 'B')
        || setweight(to_tsvector('public.listing', concat_ws(' ', owner, NEW.place, NEW.language)), 'C')
        || setweight(to_tsvector('public.listing', NEW.description), 'D');
    -- In order, so that two who write the same words at once never wait for each other crosswise. People's names stay
    -- out: a word outlives the listing.
    INSERT INTO public.timebank_listingword (word)
    SELECT word FROM unnest(tsvector_to_array(to_tsvector('public.listing_words',
        concat_ws(' ', NEW.title, skills, NEW.place, NEW.language, NEW.description)))) word
    WHERE length(word) BETWEEN 3 AND 40 AND word !~ '[0-9]'
      AND NOT EXISTS (SELECT FROM public.timebank_listingword known WHERE known.word = word.word)
    ORDER BY word
    ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$;
CREATE TRIGGER listing_write_search BEFORE INSERT OR UPDATE OF title, description, place, language, member_id, pot_id, tags
    ON public.timebank_listing FOR EACH ROW EXECUTE FUNCTION public.listing_write_search();

CREATE FUNCTION public.listing_retag() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.timebank_listing SET tags = public.listing_tags(id)
    WHERE id IN (SELECT listing_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER listing_tagged AFTER INSERT ON public.timebank_listing_skills
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.listing_retag();
CREATE TRIGGER listing_untagged AFTER DELETE ON public.timebank_listing_skills
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.listing_retag();
CREATE TRIGGER listing_suggested AFTER INSERT ON public.timebank_listing_suggestions
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.listing_retag();
CREATE TRIGGER listing_unsuggested AFTER DELETE ON public.timebank_listing_suggestions
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.listing_retag();

CREATE FUNCTION public.listing_skill_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.timebank_listing SET tags = public.listing_tags(id)
    WHERE tags @> ARRAY[NEW.id]
       OR id IN (SELECT listing_id FROM public.timebank_listing_skills WHERE skill_id = NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER listing_skill_changed AFTER UPDATE OF name, parent_id, merged_into_id ON public.people_skill
    FOR EACH ROW EXECUTE FUNCTION public.listing_skill_changed();

CREATE FUNCTION public.listing_owner_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'people_user' THEN
        UPDATE public.timebank_listing SET member_id = member_id WHERE member_id = NEW.id;
    ELSE
        UPDATE public.timebank_listing SET pot_id = pot_id WHERE pot_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER listing_member_renamed AFTER UPDATE OF name ON public.people_user
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION public.listing_owner_changed();
CREATE TRIGGER listing_pot_renamed AFTER UPDATE OF name ON public.timebank_pot
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION public.listing_owner_changed();
"""

# `exact` is what was typed; `wanted` takes in the beginnings of longer words and, for a word that stands on no listing,
# the ones most like it. `every` asks for all the words, else any will do. Quotes and minus signs mean what they mean
# everywhere, and then nothing is guessed. Both are NULL where nothing but "the" and "of" was typed.
QUERY = """
CREATE FUNCTION public.listing_query(p_typed text, p_every boolean, OUT wanted tsquery, OUT exact tsquery)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    token text;
    part tsquery;
    word text;
    known boolean;
BEGIN
    IF p_typed LIKE '%"%' OR p_typed ~ '(^|\\s)-\\w' THEN
        wanted := nullif(websearch_to_tsquery('public.listing', p_typed), ''::tsquery);
        exact := wanted;
        RETURN;
    END IF;
    FOR token IN
        SELECT t FROM regexp_split_to_table(public.plain_text(p_typed), '[[:space:][:punct:]]+') t WHERE t <> '' LIMIT 12
    LOOP
        part := plainto_tsquery('public.listing', token);
        CONTINUE WHEN numnode(part) = 0;
        exact := CASE WHEN exact IS NULL THEN part ELSE exact && part END;
        known := EXISTS (SELECT FROM public.timebank_listingword l WHERE l.word = token);
        IF length(token) >= 4 OR NOT known THEN
            part := part || to_tsquery('pg_catalog.simple', quote_literal(token) || ':*');
        END IF;
        IF NOT known AND length(token) BETWEEN 4 AND 40 THEN
            FOR word IN
                SELECT l.word FROM public.timebank_listingword l
                WHERE l.word OPERATOR(public.%) token AND public.similarity(l.word, token) >= 0.35
                ORDER BY public.similarity(l.word, token) DESC, l.word LIMIT 4
            LOOP
                part := part || plainto_tsquery('public.listing', word);
            END LOOP;
        END IF;
        wanted := CASE WHEN wanted IS NULL THEN part WHEN p_every THEN wanted && part ELSE wanted || part END;
    END LOOP;
END $$;
"""

REVERSE = """
DROP FUNCTION public.listing_query;
DROP FUNCTION public.listing_owner_changed, public.listing_skill_changed, public.listing_retag,
    public.listing_write_search CASCADE;
DROP FUNCTION public.listing_tags;
DROP TEXT SEARCH CONFIGURATION public.listing_words;
DROP TEXT SEARCH CONFIGURATION public.listing;
"""


class Migration(migrations.Migration):
    dependencies = [("timebank", "0002_ledger")]
    operations = [migrations.RunSQL(CONFIGURATION + TRIGGERS + QUERY, REVERSE)]
