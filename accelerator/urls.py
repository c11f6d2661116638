from accelerator.urls_apply import urlpatterns as apply_urls
from accelerator.urls_applying import urlpatterns as applying_urls
from accelerator.urls_feedback import urlpatterns as feedback_urls
from accelerator.urls_innovations import urlpatterns as innovation_urls
from accelerator.urls_learning import urlpatterns as learning_urls
from accelerator.urls_selection import urlpatterns as selection_urls

app_name = "accelerator"
urlpatterns = [*apply_urls, *applying_urls, *selection_urls, *innovation_urls, *learning_urls, *feedback_urls]
