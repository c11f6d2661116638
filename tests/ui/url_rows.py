from tests.matrix import PUBLIC, SIGNED_IN, Row

ROWS = [
    Row("ui:front", PUBLIC),
    Row("ui:home", SIGNED_IN),
    Row("ui:gallery", PUBLIC),
    Row("ui:gallery_form", PUBLIC, POST=422),
    Row("ui:gallery_error", PUBLIC, GET=409, world="error_status"),
]
