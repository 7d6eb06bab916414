# The command line on a node without a screen or internet. Build it where there is internet:
#     docker build -t actiondiff-gui .
#     docker build -t actiondiff-gui --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu128 .
FROM python:3.12-slim
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /opt/actiondiff-gui
COPY . .
RUN pip install --no-cache-dir torch --index-url "$TORCH_INDEX" \
    && pip install --no-cache-dir ".[cluster]"
ENV HF_HUB_OFFLINE=1 ACTIONDIFF_GUI_HOME=/tmp/actiondiff-gui NUMBA_CACHE_DIR=/tmp/numba
ENTRYPOINT []
CMD ["actiondiff-gui", "--help"]
