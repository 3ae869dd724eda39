"""A small model, where scikit-learn is installed; trained on the past half."""

import numpy as np

try:
    from sklearn.linear_model import LogisticRegression
except ImportError:
    LogisticRegression = None


def signals(bars):
    close = np.asarray(bars["close"])
    change = np.diff(np.log(close), prepend=np.log(close[0]))
    features = np.stack([np.roll(change, k) for k in range(1, 5)], axis=1)
    half = len(close) // 2
    answer = np.zeros(len(close))
    if LogisticRegression is not None:
        model = LogisticRegression().fit(features[5:half], change[5:half] > 0)
        answer[half:] = np.where(model.predict(features[half:]), 1.0, -1.0)
    return answer
